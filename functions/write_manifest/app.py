"""TrainModel: write the trainer's manifest and check every line of it."""

from onmodel.contracts.datasets import DatasetRequest
from onmodel.environment import Buckets, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.steps.write_manifest import write_manifest
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable)


@lambda_handler(DatasetRequest)
def handler(request: DatasetRequest) -> None:
    write_manifest(
        request,
        registry=wired.registry,
        studio=wired.studio,
        rules=wired.trainer_rules,
        clock=now,
    )

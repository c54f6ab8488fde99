"""TrainModel: write the trainer's manifest and judge every line of it."""

from onmodel.contracts.datasets import DatasetRequest
from onmodel.handler import entry
from onmodel.steps.write_manifest import write_manifest
from onmodel.wiring import now, services


@entry(DatasetRequest)
def handler(request: DatasetRequest) -> None:
    wired = services()
    write_manifest(
        request,
        registry=wired.registry,
        studio=wired.studio,
        trainer=wired.trainer_rules,
        clock=now,
    )

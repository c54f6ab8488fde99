"""TrainModel: gather the captions; too few end it."""

from onmodel.contracts.captions import CaptionsCollected
from onmodel.contracts.datasets import DatasetRequest
from onmodel.environment import Buckets, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.steps.collect_captions import collect_captions
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable)


@lambda_handler(DatasetRequest)
def handler(request: DatasetRequest) -> CaptionsCollected:
    return collect_captions(
        request,
        registry=wired.registry,
        studio=wired.studio,
        prices=wired.prices,
        clock=now,
    )

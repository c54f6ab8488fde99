"""TrainModel: compare all captions; put some right, and list which are asked for once more."""

from onmodel.contracts.captions import CaptionsChecked
from onmodel.contracts.datasets import DatasetRequest
from onmodel.environment import Buckets, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.steps.check_captions import check_captions
from onmodel.wiring import services

wired = services(Buckets, RegistryTable)


@lambda_handler(DatasetRequest)
def handler(request: DatasetRequest) -> CaptionsChecked:
    return check_captions(
        request,
        registry=wired.registry,
        studio=wired.studio,
        limits=wired.dataset_limits,
    )

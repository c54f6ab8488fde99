"""TrainModel: gather the captions; too few end it."""

from onmodel.contracts.datasets import CaptionsCollected, DatasetRequest
from onmodel.handler import entry
from onmodel.steps.collect_captions import collect_captions
from onmodel.wiring import now, services


@entry(DatasetRequest)
def handler(request: DatasetRequest) -> CaptionsCollected:
    wired = services()
    return collect_captions(
        request,
        registry=wired.registry,
        studio=wired.studio,
        prices=wired.prices,
        clock=now,
    )

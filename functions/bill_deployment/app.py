"""RetireModel: it is gone; record what it cost."""

from onmodel.contracts.deployments import RetireRequest
from onmodel.handler import entry
from onmodel.steps.bill_deployment import bill_deployment
from onmodel.wiring import now, services


@entry(RetireRequest)
def handler(request: RetireRequest) -> None:
    wired = services()
    bill_deployment(
        request,
        registry=wired.registry,
        scheduler=wired.scheduler,
        trainer=wired.trainer_rules,
        clock=now,
    )

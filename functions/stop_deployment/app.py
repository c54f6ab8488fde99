"""RetireModel's first state: stop what costs money."""

from onmodel.contracts.deployments import RetireRequest
from onmodel.handler import entry
from onmodel.steps.stop_deployment import stop_deployment
from onmodel.wiring import now, services


@entry(RetireRequest)
def handler(request: RetireRequest) -> None:
    wired = services()
    stop_deployment(request, registry=wired.registry, trainer=wired.trainer, clock=now)

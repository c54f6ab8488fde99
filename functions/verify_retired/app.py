"""RetireModel: see that it is gone."""

from onmodel.contracts.deployments import RetirementVerified, RetireRequest
from onmodel.handler import entry
from onmodel.steps.verify_retired import verify_retired
from onmodel.wiring import now, services


@entry(RetireRequest)
def handler(request: RetireRequest) -> RetirementVerified:
    wired = services()
    return verify_retired(request, registry=wired.registry, trainer=wired.trainer, clock=now)

"""RetireModel: record the estimated bill of a deployment that no longer exists."""

from onmodel.contracts.deployments import RetireRequest
from onmodel.environment import RegistryTable, Schedules
from onmodel.handler import lambda_handler
from onmodel.steps.bill_deployment import bill_deployment
from onmodel.wiring import now, services

wired = services(RegistryTable, Schedules)


@lambda_handler(RetireRequest)
def handler(request: RetireRequest) -> None:
    bill_deployment(
        request,
        registry=wired.registry,
        scheduler=wired.scheduler,
        rules=wired.trainer_rules,
        clock=now,
    )

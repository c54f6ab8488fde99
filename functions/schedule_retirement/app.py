"""DeployModel: schedule the end, before anything that costs money begins."""

from onmodel.contracts.deployments import DeploymentScheduled, ScheduleRetirementRequest
from onmodel.environment import (
    DeploymentLimits,
    Machines,
    RegistryTable,
    Schedules,
)
from onmodel.handler import lambda_handler
from onmodel.steps.schedule_retirement import schedule_retirement
from onmodel.wiring import now, services

wired = services(DeploymentLimits, Machines, RegistryTable, Schedules)


@lambda_handler(ScheduleRetirementRequest)
def handler(request: ScheduleRetirementRequest) -> DeploymentScheduled:
    return schedule_retirement(
        request,
        registry=wired.registry,
        scheduler=wired.scheduler,
        rules=wired.trainer_rules,
        prices=wired.prices,
        clock=now,
        provision_minutes=wired.environment.read(DeploymentLimits).provision_minutes,
        retire_model_arn=wired.environment.read(Machines).retire_model_arn,
    )

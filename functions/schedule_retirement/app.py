"""DeployModel: schedule the end, before anything that costs money begins."""

from onmodel.contracts.deployments import DeploymentScheduled, ScheduleRetirementRequest
from onmodel.handler import entry
from onmodel.steps.schedule_retirement import schedule_retirement
from onmodel.wiring import now, services


@entry(ScheduleRetirementRequest)
def handler(request: ScheduleRetirementRequest) -> DeploymentScheduled:
    wired = services()
    return schedule_retirement(
        request,
        registry=wired.registry,
        scheduler=wired.scheduler,
        trainer=wired.trainer_rules,
        prices=wired.prices,
        clock=now,
        provision_minutes=wired.environment.provision_minutes,
        retire_model_arn=wired.environment.retire_model_arn,
    )

"""DeployModel: look whether the model answers yet."""

from onmodel.contracts.deployments import DeploymentChecked, DeploymentRequest
from onmodel.handler import entry
from onmodel.steps.check_deployment import check_deployment
from onmodel.wiring import now, services


@entry(DeploymentRequest)
def handler(request: DeploymentRequest) -> DeploymentChecked:
    wired = services()
    return check_deployment(
        request,
        registry=wired.registry,
        scheduler=wired.scheduler,
        trainer=wired.trainer,
        clock=now,
        provision_minutes=wired.environment.provision_minutes,
        retire_model_arn=wired.environment.retire_model_arn,
    )

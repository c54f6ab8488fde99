"""DeployModel: make the model answer. It costs money by the hour from here on."""

from onmodel.contracts.deployments import DeploymentRequest
from onmodel.handler import entry
from onmodel.steps.provision_model import provision_model
from onmodel.wiring import now, services


@entry(DeploymentRequest)
def handler(request: DeploymentRequest) -> None:
    wired = services()
    provision_model(
        request,
        registry=wired.registry,
        scheduler=wired.scheduler,
        trainer=wired.trainer,
        clock=now,
    )

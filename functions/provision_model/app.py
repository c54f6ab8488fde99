"""DeployModel: deploy the model. It costs money by the hour from here on."""

from onmodel.contracts.deployments import DeploymentRequest
from onmodel.environment import (
    Buckets,
    RegistryTable,
    SageMakerVariables,
    Schedules,
    TrainerResources,
)
from onmodel.handler import lambda_handler
from onmodel.steps.provision_model import provision_model
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable, Schedules, SageMakerVariables, TrainerResources)


@lambda_handler(DeploymentRequest)
def handler(request: DeploymentRequest) -> None:
    provision_model(
        request,
        registry=wired.registry,
        scheduler=wired.scheduler,
        trainers=wired.trainers,
        clock=now,
    )

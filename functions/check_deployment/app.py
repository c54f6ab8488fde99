"""DeployModel: check whether the model is in service yet."""

from onmodel.contracts.deployments import DeploymentChecked, DeploymentRequest
from onmodel.environment import (
    Buckets,
    DeploymentLimits,
    Machines,
    RegistryTable,
    SageMakerVariables,
    Schedules,
    TrainerResources,
)
from onmodel.handler import lambda_handler
from onmodel.steps.check_deployment import check_deployment
from onmodel.wiring import now, services

wired = services(
    Buckets,
    DeploymentLimits,
    Machines,
    RegistryTable,
    Schedules,
    SageMakerVariables,
    TrainerResources,
)


@lambda_handler(DeploymentRequest)
def handler(request: DeploymentRequest) -> DeploymentChecked:
    return check_deployment(
        request,
        registry=wired.registry,
        scheduler=wired.scheduler,
        trainers=wired.trainers,
        clock=now,
        provision_minutes=wired.environment.read(DeploymentLimits).provision_minutes,
        retire_model_arn=wired.environment.read(Machines).retire_model_arn,
    )

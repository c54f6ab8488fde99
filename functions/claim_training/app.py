"""DeployModel's first state: decide whether there is anything to do, and claim the training."""

from onmodel.contracts.deployments import ClaimedTraining, ClaimTrainingRequest
from onmodel.environment import (
    Buckets,
    DeploymentLimits,
    RegistryTable,
    SageMakerVariables,
    TrainerResources,
)
from onmodel.handler import lambda_handler
from onmodel.steps.claim_training import ClaimTraining
from onmodel.wiring import now, services

wired = services(Buckets, DeploymentLimits, RegistryTable, SageMakerVariables, TrainerResources)


@lambda_handler(ClaimTrainingRequest)
def handler(request: ClaimTrainingRequest) -> ClaimedTraining:
    return ClaimTraining(
        registry=wired.registry,
        studio=wired.studio,
        trainers=wired.trainers,
        executions=wired.executions,
        clock=now,
        longest_hours=wired.environment.read(DeploymentLimits).deployment_hours,
    ).claim(request)

"""DeployModel's first state: decide whether there is anything to do, and claim the training."""

from onmodel.contracts.deployments import ClaimedTraining, ClaimTrainingRequest
from onmodel.environment import (
    Buckets,
    DeploymentLimits,
    RegistryTable,
    SageMakerVariables,
    SpendLimit,
    TrainerResources,
)
from onmodel.handler import lambda_handler
from onmodel.steps.claim_training import ClaimTraining
from onmodel.wiring import now, services

wired = services(
    Buckets, DeploymentLimits, RegistryTable, SageMakerVariables, SpendLimit, TrainerResources
)


@lambda_handler(ClaimTrainingRequest)
def handler(request: ClaimTrainingRequest) -> ClaimedTraining:
    limits = wired.environment.read(DeploymentLimits)
    return ClaimTraining(
        registry=wired.registry,
        studio=wired.studio,
        trainers=wired.trainers,
        executions=wired.executions,
        prices=wired.prices,
        clock=now,
        longest_hours=limits.deployment_hours,
        provision_minutes=limits.provision_minutes,
        spend_limit_usd=wired.environment.read(SpendLimit).spend_limit_usd,
    ).claim(request)

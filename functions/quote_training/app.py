"""TrainModel: quote all that follows, and decide whether a person must agree."""

from onmodel.contracts.trainings import QuoteTrainingRequest, TrainingQuoted
from onmodel.environment import Buckets, DeploymentLimits, RegistryTable, SpendLimit
from onmodel.handler import lambda_handler
from onmodel.steps.quote_training import QuoteTraining
from onmodel.wiring import now, services

wired = services(Buckets, DeploymentLimits, RegistryTable, SpendLimit)


@lambda_handler(QuoteTrainingRequest)
def handler(request: QuoteTrainingRequest) -> TrainingQuoted:
    limits = wired.environment.read(DeploymentLimits)
    return QuoteTraining(
        registry=wired.registry,
        studio=wired.studio,
        rules=wired.trainer_rules,
        prices=wired.prices,
        clock=now,
        spend_limit_usd=wired.environment.read(SpendLimit).spend_limit_usd,
        longest_hours=limits.deployment_hours,
        provision_minutes=limits.provision_minutes,
    ).quote(request)

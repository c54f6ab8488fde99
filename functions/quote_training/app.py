"""TrainModel: quote the training, and decide whether a person must agree."""

from onmodel.contracts.trainings import QuoteTrainingRequest, TrainingQuoted
from onmodel.environment import Buckets, RegistryTable, SpendLimit
from onmodel.handler import lambda_handler
from onmodel.steps.quote_training import quote_training
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable, SpendLimit)


@lambda_handler(QuoteTrainingRequest)
def handler(request: QuoteTrainingRequest) -> TrainingQuoted:
    return quote_training(
        request,
        registry=wired.registry,
        studio=wired.studio,
        rules=wired.trainer_rules,
        prices=wired.prices,
        clock=now,
        spend_limit_usd=wired.environment.read(SpendLimit).spend_limit_usd,
    )

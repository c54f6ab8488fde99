"""TrainModel: what training will cost, and whether a person must agree."""

from onmodel.contracts.trainings import QuoteTrainingRequest, TrainingQuoted
from onmodel.handler import entry
from onmodel.steps.quote_training import quote_training
from onmodel.wiring import now, services


@entry(QuoteTrainingRequest)
def handler(request: QuoteTrainingRequest) -> TrainingQuoted:
    wired = services()
    return quote_training(
        request,
        registry=wired.registry,
        studio=wired.studio,
        trainer=wired.trainer_rules,
        prices=wired.prices,
        clock=now,
        spend_limit_usd=wired.environment.spend_limit_usd,
    )

"""TrainModel: can this account train and deploy today? Asked first, and again before it costs."""

from onmodel.contracts.datasets import GenerationRequest, Preflight
from onmodel.handler import entry
from onmodel.steps.preflight_training import preflight_training
from onmodel.wiring import now, services


@entry(GenerationRequest)
def handler(request: GenerationRequest) -> Preflight:
    wired = services()
    return preflight_training(
        request,
        registry=wired.registry,
        studio=wired.studio,
        trainer=wired.trainer,
        clock=now,
        models=wired.environment.models,
    )

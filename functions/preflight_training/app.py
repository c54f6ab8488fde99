"""TrainModel: can this account train and deploy today? Checked first, and before the start."""

from onmodel.contracts.datasets import GenerationRequest, Preflight
from onmodel.environment import Buckets, Models, RegistryTable, TrainerResources
from onmodel.handler import lambda_handler
from onmodel.steps.preflight_training import preflight_training
from onmodel.wiring import now, services

wired = services(Buckets, Models, RegistryTable, TrainerResources)


@lambda_handler(GenerationRequest)
def handler(request: GenerationRequest) -> Preflight:
    return preflight_training(
        request,
        registry=wired.registry,
        studio=wired.studio,
        trainer=wired.trainer,
        clock=now,
        models=wired.environment.read(Models).allowed,
    )

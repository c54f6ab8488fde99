"""TrainModel: can this account train and deploy today? Checked first, and before the start."""

from onmodel.contracts.generations import Preflight, PreflightTrainingRequest
from onmodel.environment import Buckets, Models, RegistryTable, SageMakerVariables, TrainerResources
from onmodel.handler import lambda_handler
from onmodel.steps.preflight_training import preflight_training
from onmodel.wiring import now, services

wired = services(Buckets, Models, RegistryTable, SageMakerVariables, TrainerResources)


@lambda_handler(PreflightTrainingRequest)
def handler(request: PreflightTrainingRequest) -> Preflight:
    return preflight_training(
        request,
        registry=wired.registry,
        studio=wired.studio,
        trainers=wired.trainers,
        clock=now,
        models=wired.environment.read(Models).allowed,
    )

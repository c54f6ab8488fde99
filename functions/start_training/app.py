"""TrainModel's last step: start the training."""

from onmodel.contracts.datasets import DatasetRequest
from onmodel.contracts.trainings import TrainingStarted
from onmodel.environment import Buckets, RegistryTable, SageMakerVariables, TrainerResources
from onmodel.handler import lambda_handler
from onmodel.steps.start_training import StartTraining
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable, SageMakerVariables, TrainerResources)


@lambda_handler(DatasetRequest)
def handler(request: DatasetRequest) -> TrainingStarted:
    return StartTraining(
        registry=wired.registry, studio=wired.studio, trainers=wired.trainers, clock=now
    ).start(request)

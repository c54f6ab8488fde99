"""TrainModel's last step: start the customization job."""

from onmodel.contracts.datasets import DatasetRequest
from onmodel.contracts.trainings import TrainingStarted
from onmodel.handler import entry
from onmodel.steps.start_training import StartTraining
from onmodel.wiring import now, services


@entry(DatasetRequest)
def handler(request: DatasetRequest) -> TrainingStarted:
    wired = services()
    return StartTraining(
        registry=wired.registry, studio=wired.studio, trainer=wired.trainer, clock=now
    ).start(request)

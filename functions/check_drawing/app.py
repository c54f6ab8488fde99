"""DrawStoryboard: is the job over? Then its pictures become panels."""

from onmodel.contracts.storyboards import CheckDrawingRequest, DrawingChecked
from onmodel.environment import Buckets, RegistryTable, SageMakerVariables, TrainerResources
from onmodel.handler import lambda_handler
from onmodel.steps.check_drawing import CheckDrawing
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable, SageMakerVariables, TrainerResources)


@lambda_handler(CheckDrawingRequest)
def handler(request: CheckDrawingRequest) -> DrawingChecked:
    return CheckDrawing(
        registry=wired.registry, studio=wired.studio, trainers=wired.trainers, clock=now
    ).check(request)

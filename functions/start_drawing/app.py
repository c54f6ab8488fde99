"""DrawStoryboard: start the job that draws the whole storyboard, once."""

from onmodel.contracts.storyboards import StartDrawingRequest, StoryboardPlanned
from onmodel.environment import Buckets, RegistryTable, SageMakerVariables, TrainerResources
from onmodel.handler import lambda_handler
from onmodel.steps.start_drawing import StartDrawing
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable, SageMakerVariables, TrainerResources)


@lambda_handler(StartDrawingRequest)
def handler(request: StartDrawingRequest) -> StoryboardPlanned:
    return StartDrawing(
        registry=wired.registry,
        uploads=wired.uploads,
        studio=wired.studio,
        trainers=wired.trainers,
        clock=now,
    ).start(request)

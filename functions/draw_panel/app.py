"""DrawStoryboard's map: draw one panel."""

from onmodel.contracts.panels import PanelItemRequest
from onmodel.environment import Buckets, RegistryTable, SageMakerVariables, TrainerResources
from onmodel.handler import lambda_handler
from onmodel.steps.draw_panel import draw_panel
from onmodel.wiring import services

wired = services(Buckets, RegistryTable, SageMakerVariables, TrainerResources)


@lambda_handler(PanelItemRequest)
def handler(request: PanelItemRequest) -> None:
    draw_panel(
        request,
        registry=wired.registry,
        studio=wired.studio,
        trainers=wired.trainers,
        image_model=wired.image_model,
    )

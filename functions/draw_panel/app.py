"""DrawStoryboard's map: draw one panel."""

from onmodel.contracts.storyboards import PanelItemRequest
from onmodel.handler import entry
from onmodel.steps.draw_panel import draw_panel
from onmodel.wiring import services


@entry(PanelItemRequest)
def handler(request: PanelItemRequest) -> None:
    wired = services()
    draw_panel(
        request,
        registry=wired.registry,
        studio=wired.studio,
        trainer=wired.trainer,
        image_model=wired.image_model,
    )

"""DrawStoryboard's map: draw one panel."""

from onmodel.contracts.requests_deployment import PanelItemRequest
from onmodel.entry import entry
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

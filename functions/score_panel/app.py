"""DrawStoryboard's map: score one panel's pictures."""

from onmodel.contracts.storyboards import PanelItemRequest
from onmodel.handler import entry
from onmodel.money.usage import UsageMeter
from onmodel.steps.score_panel import score_panel
from onmodel.wiring import services


@entry(PanelItemRequest)
def handler(request: PanelItemRequest) -> None:
    wired, meter = services(), UsageMeter()
    score_panel(
        request,
        registry=wired.registry,
        studio=wired.studio,
        embedder=lambda settings: wired.embedder(settings, meter),
        meter=meter,
    )

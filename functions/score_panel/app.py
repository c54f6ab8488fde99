"""DrawStoryboard's map: score one panel's pictures."""

from onmodel.contracts.storyboards import PanelItemRequest
from onmodel.environment import Buckets, CacheTable, Models, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.money.usage import UsageMeter
from onmodel.steps.score_panel import score_panel
from onmodel.wiring import services

wired = services(Buckets, CacheTable, Models, RegistryTable)


@lambda_handler(PanelItemRequest)
def handler(request: PanelItemRequest) -> None:
    meter = UsageMeter()
    score_panel(
        request,
        registry=wired.registry,
        studio=wired.studio,
        embedder=lambda settings: wired.embedder(settings, meter),
        meter=meter,
        embedding_model=wired.environment.read(Models).embedding_model_id,
    )

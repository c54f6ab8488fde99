"""DrawStoryboard's map: score one panel's pictures."""

from onmodel.contracts.panels import PanelItemRequest
from onmodel.environment import Buckets, CacheTable, LabelPace, Models, RegistryTable
from onmodel.handler import lambda_handler, seconds_left
from onmodel.money.usage import UsageMeter
from onmodel.steps.score_panel import score_panel
from onmodel.wiring import services

wired = services(Buckets, CacheTable, LabelPace, Models, RegistryTable)

PANELS_AT_ONCE = 2  # MaxConcurrency of the map in statemachine/draw_storyboard.asl.yaml


@lambda_handler(PanelItemRequest)
def handler(request: PanelItemRequest) -> None:
    meter = UsageMeter(request.item.work)
    retry = wired.retry(seconds_left())
    score_panel(
        request,
        registry=wired.registry,
        studio=wired.studio,
        embedder=lambda settings: wired.embedder(settings, meter, retry),
        finder=wired.finder(meter, retry, wired.labels_per_second / PANELS_AT_ONCE),
        meter=meter,
        embedding_model=wired.environment.read(Models).embedding_model_id,
        question_model=wired.question_model(meter, retry),
    )

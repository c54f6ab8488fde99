"""PrepareFilm: name the kept crops after the production's references."""

from onmodel.contracts.films import RunRequest
from onmodel.handler import entry
from onmodel.money.usage import UsageMeter
from onmodel.steps.name_crops import name_crops
from onmodel.wiring import services


@entry(RunRequest)
def handler(request: RunRequest) -> None:
    wired, meter = services(), UsageMeter()
    name_crops(
        request,
        uploads=wired.uploads,
        studio=wired.studio,
        registry=wired.registry,
        namer=wired.namer(meter),
        meter=meter,
    )

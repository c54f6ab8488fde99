"""PrepareFilm's way out: record why a run cannot go on and leave nothing half-done."""

from onmodel.contracts.films import Refusal, RefuseFilmRequest
from onmodel.handler import entry
from onmodel.steps.refuse_film import refuse_film
from onmodel.wiring import now, services


@entry(RefuseFilmRequest)
def handler(request: RefuseFilmRequest) -> Refusal:
    wired = services()
    return refuse_film(request, registry=wired.registry, studio=wired.studio, clock=now)

"""PrepareFilm: record the film as prepared and give the lease back."""

from onmodel.contracts.films import RunRequest
from onmodel.handler import entry
from onmodel.steps.finish_film import finish_film
from onmodel.wiring import now, services


@entry(RunRequest)
def handler(request: RunRequest) -> None:
    wired = services()
    finish_film(request, registry=wired.registry, studio=wired.studio, clock=now)

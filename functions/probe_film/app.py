"""PrepareFilm: read the film's header and plan its chunks."""

from onmodel.contracts.films import FilmProbed, RunRequest
from onmodel.handler import entry
from onmodel.steps.probe_film import probe_film
from onmodel.wiring import services


@entry(RunRequest)
def handler(request: RunRequest) -> FilmProbed:
    wired = services()
    return probe_film(request, uploads=wired.uploads, studio=wired.studio)

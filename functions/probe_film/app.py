"""PrepareFilm: read the film's header and plan its chunks."""

from onmodel.contracts.films import FilmProbed, RunRequest
from onmodel.environment import Buckets
from onmodel.handler import lambda_handler
from onmodel.steps.probe_film import probe_film
from onmodel.wiring import services

wired = services(Buckets)


@lambda_handler(RunRequest)
def handler(request: RunRequest) -> FilmProbed:
    return probe_film(request, uploads=wired.uploads, studio=wired.studio)

"""PrepareFilm, after an error: record the reason and delete unfinished objects."""

from onmodel.contracts.films import Refusal, RefuseFilmRequest
from onmodel.environment import Buckets, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.steps.refuse_film import refuse_film
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable)


@lambda_handler(RefuseFilmRequest)
def handler(request: RefuseFilmRequest) -> Refusal:
    return refuse_film(request, registry=wired.registry, studio=wired.studio, clock=now)

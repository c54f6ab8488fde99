"""PrepareFilm: record the film as prepared and release the run."""

from onmodel.contracts.films import RunRequest
from onmodel.environment import Buckets, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.steps.finish_film import finish_film
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable)


@lambda_handler(RunRequest)
def handler(request: RunRequest) -> None:
    finish_film(request, registry=wired.registry, studio=wired.studio, clock=now)

"""PrepareFilm: join the chunks and keep the best of each group of near-duplicates."""

from onmodel.contracts.films import RunRequest
from onmodel.environment import Buckets, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.steps.deduplicate_film import deduplicate_film
from onmodel.wiring import services

wired = services(Buckets, RegistryTable)


@lambda_handler(RunRequest)
def handler(request: RunRequest) -> None:
    deduplicate_film(request, studio=wired.studio, registry=wired.registry)

"""PrepareFilm: join the chunks and keep the best of each group of near-duplicates."""

from onmodel.contracts.films import RunRequest
from onmodel.handler import entry
from onmodel.steps.deduplicate_film import deduplicate_film
from onmodel.wiring import services


@entry(RunRequest)
def handler(request: RunRequest) -> None:
    deduplicate_film(request, studio=services().studio)

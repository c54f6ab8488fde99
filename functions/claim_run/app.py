"""PrepareFilm's first state: claim the run, and a place among the films prepared at once."""

from onmodel.contracts.films import ClaimRunRequest, RunClaim
from onmodel.environment import FilmPace, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.steps.claim_run import claim_run
from onmodel.wiring import now, services

wired = services(FilmPace, RegistryTable)


@lambda_handler(ClaimRunRequest)
def handler(request: ClaimRunRequest) -> RunClaim:
    pace = wired.environment.read(FilmPace)
    return claim_run(
        request,
        registry=wired.registry,
        executions=wired.executions,
        clock=now,
        films_at_once=pace.films_at_once,
        poll_seconds=pace.poll_seconds,
    )

"""PrepareFilm's first state: take the lease on the run."""

from onmodel.contracts.films import ClaimRunRequest
from onmodel.handler import entry
from onmodel.steps.claim_run import claim_run
from onmodel.wiring import now, services


@entry(ClaimRunRequest)
def handler(request: ClaimRunRequest) -> None:
    wired = services()
    claim_run(request, registry=wired.registry, executions=wired.executions, clock=now)

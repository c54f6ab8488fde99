"""PrepareFilm's first state: claim the run."""

from onmodel.contracts.films import ClaimRunRequest
from onmodel.environment import RegistryTable
from onmodel.handler import lambda_handler
from onmodel.steps.claim_run import claim_run
from onmodel.wiring import now, services

wired = services(RegistryTable)


@lambda_handler(ClaimRunRequest)
def handler(request: ClaimRunRequest) -> None:
    claim_run(request, registry=wired.registry, executions=wired.executions, clock=now)

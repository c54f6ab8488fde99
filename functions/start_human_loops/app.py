"""A state: start human loops of Amazon A2I for a dataset; the state after it waits for them."""

from onmodel.adapters.pacing import PatientHumanLoops
from onmodel.contracts.human_loops import HumanLoopsStarted, StartHumanLoopsRequest
from onmodel.environment import Buckets, HumanReview, RegistryTable
from onmodel.handler import lambda_handler, seconds_left
from onmodel.steps.start_human_loops import start_human_loops
from onmodel.wiring import now, services

wired = services(Buckets, HumanReview, RegistryTable)


@lambda_handler(StartHumanLoopsRequest)
def handler(request: StartHumanLoopsRequest) -> HumanLoopsStarted:
    return start_human_loops(
        request,
        registry=wired.registry,
        studio=wired.studio,
        loops=PatientHumanLoops(wired.human_loops, wired.retry(seconds_left())),
        clock=now,
        limits=wired.dataset_limits,
    )

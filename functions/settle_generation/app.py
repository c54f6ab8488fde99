"""TrainModel's first state: hold the generation, and wait until it is quiet."""

from onmodel.contracts.datasets import Settled, SettleGenerationRequest
from onmodel.handler import entry
from onmodel.steps.settle_generation import settle_generation
from onmodel.wiring import now, services


@entry(SettleGenerationRequest)
def handler(request: SettleGenerationRequest) -> Settled:
    wired = services()
    return settle_generation(
        request,
        registry=wired.registry,
        studio=wired.studio,
        executions=wired.executions,
        clock=now,
        quiet_seconds=wired.environment.quiet_seconds,
        poll_seconds=wired.environment.poll_seconds,
    )

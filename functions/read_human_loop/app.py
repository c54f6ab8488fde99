"""A human loop of Amazon A2I ended. A rule calls this, once or several times."""

from onmodel.contracts.human_loops import HumanLoopEvent, HumanLoopRead
from onmodel.environment import Buckets, RegistryTable
from onmodel.handler import lambda_handler
from onmodel.steps.decisions import Deciding
from onmodel.steps.ended_human_loops import EndedHumanLoops
from onmodel.steps.read_human_loop import read_human_loop
from onmodel.wiring import now, services

wired = services(Buckets, RegistryTable)


@lambda_handler(HumanLoopEvent)
def handler(event: HumanLoopEvent) -> HumanLoopRead:
    deciding = Deciding(wired.registry, wired.tokens, wired.executions, now)
    ended = EndedHumanLoops(
        registry=wired.registry,
        studio=wired.studio,
        deciding=deciding,
        clock=now,
        limits=wired.dataset_limits,
    )
    return read_human_loop(event, registry=wired.registry, ended=ended)

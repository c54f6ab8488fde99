"""A human loop of Amazon A2I ended: save what people answered, and let the machine go on."""

from __future__ import annotations

from onmodel.contracts.human_loops import HumanLoopEvent, HumanLoopRead, HumanLoopStatus
from onmodel.datasets.human_loops import production_of_loop
from onmodel.ports.human_loops import HumanLoopState
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import HUMAN_LOOPS
from onmodel.steps.ended_human_loops import EndedHumanLoops

STATUSES = {
    "Completed": HumanLoopStatus.COMPLETED,
    "Failed": HumanLoopStatus.FAILED,
    "Stopped": HumanLoopStatus.STOPPED,
}


def read_human_loop(
    event: HumanLoopEvent, *, registry: Registry, ended: EndedHumanLoops
) -> HumanLoopRead:
    """Loops that others start with the same flow definition are left alone.

    Raises:
        Conflict: another function wrote the loop's row since it was read; the event comes again.
    """
    detail = event.detail
    production = production_of_loop(detail.name)
    row = HUMAN_LOOPS.read(registry, production, detail.name) if production else None
    if row is None:
        return HumanLoopRead(outcome="unknown")
    state = HumanLoopState(
        status=STATUSES[detail.status],
        output_uri=None if detail.output is None else detail.output.uri,
        reason=": ".join(filter(None, (detail.failure_code, detail.failure_reason))),
    )
    return ended.end(row, state)

"""Closes takes whose execution ended while a job drew them, and writes what the job cost.

The job goes on when somebody stops the execution, and ends by itself: nobody is left to write its
bill into the row.
"""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.drawings import DrawingState
from onmodel.contracts.rows import StoryboardStatus
from onmodel.contracts.trainings import TrainingStatus
from onmodel.money.pricebook import PriceBook, estimate
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Trainers
from onmodel.registry.kinds import STORYBOARDS, StoryboardRow
from onmodel.steps.check_drawing import GRACE_AFTER_START
from onmodel.steps.recovery import GRACE, is_held

REASON = "Its execution ended before the gallery was made; pictures that were drawn are kept"


@dataclass(frozen=True)
class EndedDrawings:
    """The services that closing needs."""

    registry: Registry
    trainers: Trainers
    executions: Executions
    prices: PriceBook
    clock: Clock

    def close(self, listed: StoryboardRow) -> bool:
        """Close a take that nobody works on any more, once its job is over."""
        if not _is_drawn_by_job(listed):  # most rows: not read again
            return False
        row = STORYBOARDS.read(self.registry, listed.production, listed.id)
        if row is None or not _is_drawn_by_job(row) or is_held(row, self.executions):
            return False
        if self.clock() - row.updated_at < GRACE:
            return False
        state = self._state(row)
        if state is None or not state.status.is_over:
            return False
        total = estimate(state.usage, self.prices).total_usd
        ended = row.with_status(StoryboardStatus.FAILED).with_fields(
            drawing_ref=row.body.drawing_ref or state.drawing_ref or None,
            usage=state.usage,
            estimated_usd=None if total is None else round(float(total), 2),
            reason=REASON if state.reason is None else f"{state.reason}. {REASON}",
        )
        STORYBOARDS.replace(self.registry, ended.with_holder(None), self.clock())
        return True

    def _state(self, row: StoryboardRow) -> DrawingState | None:
        """The state of its job; None while a new one may not be found yet."""
        jobs = self.trainers[row.body.trainer].drawing_jobs
        if jobs is None:
            return None
        ref = row.body.drawing_ref or jobs.find_drawing(row.production, row.id)
        gone = DrawingState(drawing_ref="", status=TrainingStatus.GONE)
        state = gone if ref is None else jobs.describe_drawing(ref)
        is_new = self.clock() - row.created_at < GRACE_AFTER_START
        return None if state.status == TrainingStatus.GONE and is_new else state


def _is_drawn_by_job(row: StoryboardRow) -> bool:
    return row.status == StoryboardStatus.DRAWING and row.body.deployment_id is None

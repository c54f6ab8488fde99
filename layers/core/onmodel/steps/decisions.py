"""Hands decisions to the executions that wait for them, when the function that decided did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from onmodel.money.approvals import DECIDED, hand_over, record_answered
from onmodel.ports.machines import Clock, Executions, TaskTokens
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import APPROVALS, ApprovalRow
from onmodel.steps.recovery import FRESH

ANSWERING_TIME = timedelta(minutes=1)
"""Longer than the timeout of follow_link: then it answered the task, or it has ended."""


@dataclass(frozen=True)
class Decisions:
    """The services that answering needs."""

    registry: Registry
    tokens: TaskTokens
    executions: Executions
    clock: Clock

    def answer(self, listed: ApprovalRow) -> bool:
        """Hand over a decision that was not handed over; whether an execution waited for it.

        Raises:
            Conflict: other functions wrote the row during every attempt.
        """
        if not self._is_due(listed):  # most rows: not read again
            return False
        row = APPROVALS.read(self.registry, listed.production, listed.id)
        if row is None or not self._is_due(row):
            return False
        if hand_over(row, registry=self.registry, tokens=self.tokens, clock=self.clock):
            return True
        asked_by = row.body.execution_arn
        if asked_by is None or not self.executions.is_running(asked_by):
            record_answered(row, registry=self.registry, clock=self.clock)
        return False

    def _is_due(self, row: ApprovalRow) -> bool:
        decided = row.body.decided_at
        return (
            row.status in DECIDED
            and row.body.answered_at is None
            and decided is not None
            and ANSWERING_TIME < self.clock() - decided < FRESH
        )

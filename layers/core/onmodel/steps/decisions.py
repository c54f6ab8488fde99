"""Decisions of people on approvals: written, and handed to the executions that wait for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from onmodel.contracts.rows import ApprovalBody, ApprovalStatus
from onmodel.money.approvals import DECIDED, decide, hand_over, record_answered
from onmodel.ports.machines import Clock, Executions, TaskTokens
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import APPROVALS, ApprovalRow

ANSWERING_TIME = timedelta(minutes=1)
"""Longer than the timeout of the functions that decide: the task was answered, or they ended."""


LONGEST_ASKING = timedelta(minutes=2)
"""Longer than the timeout of request_approval: a task waits before its question is written."""


def is_about_over(body: ApprovalBody, now: datetime) -> bool:
    """Whether the task that asked may have ended by its timeout."""
    return now >= body.expires_at - LONGEST_ASKING


@dataclass(frozen=True)
class Deciding:
    """The services that a function behind a link needs to write a person's decision."""

    registry: Registry
    tokens: TaskTokens
    executions: Executions
    clock: Clock

    def decide(self, row: ApprovalRow, wanted: ApprovalStatus, *, reason: str = "") -> ApprovalRow:
        """Write the decision, then answer the task.

        If the function ends in between, reconcile answers the task, or following the link again.
        """
        is_late = self.clock() >= row.body.expires_at
        row, counts = decide(
            row,
            ApprovalStatus.EXPIRED if is_late else wanted,
            registry=self.registry,
            clock=self.clock,
            reason="" if is_late else reason,
        )
        if row.status not in DECIDED or not (counts or self._is_stale(row.body)):
            return row
        waited = hand_over(row, registry=self.registry, tokens=self.tokens, clock=self.clock)
        if counts and row.status == ApprovalStatus.APPROVED and not waited:
            return self._expire_if_ended(row)
        return row

    def _expire_if_ended(self, row: ApprovalRow) -> ApprovalRow:
        """Nobody waits: the execution ended, or its task is retried and will find the decision.

        Near the end the task's own time is over, and the execution goes on to say so.
        """
        asked_by = row.body.execution_arn
        is_over = is_about_over(row.body, self.clock())
        if not is_over and asked_by is not None and self.executions.is_running(asked_by):
            return row
        expired = row.with_status(ApprovalStatus.EXPIRED)
        return APPROVALS.replace(self.registry, expired, self.clock())

    def _is_stale(self, body: ApprovalBody) -> bool:
        """Whether the function that decided must have answered the machine by now."""
        return body.decided_at is not None and self.clock() - body.decided_at > ANSWERING_TIME


@dataclass(frozen=True)
class Decisions:
    """Hands over decisions that the function that wrote them did not; reconcile's part."""

    registry: Registry
    tokens: TaskTokens
    executions: Executions
    clock: Clock

    def answer(self, since: datetime, listed: ApprovalRow) -> bool:
        """Hand over a decision that was not handed over; whether an execution waited for it.

        Args:
            since: one that was decided before is left out.
            listed: the approval.

        Raises:
            Conflict: other functions wrote the row during every attempt.
        """
        if not self._is_due(listed, since):  # most rows: not read again
            return False
        row = APPROVALS.read(self.registry, listed.production, listed.id)
        if row is None or not self._is_due(row, since):
            return False
        if hand_over(row, registry=self.registry, tokens=self.tokens, clock=self.clock):
            return True
        asked_by = row.body.execution_arn
        if asked_by is None or not self.executions.is_running(asked_by):
            record_answered(row, registry=self.registry, clock=self.clock)
        return False

    def _is_due(self, row: ApprovalRow, since: datetime) -> bool:
        decided = row.body.decided_at
        return (
            row.status in DECIDED
            and row.body.answered_at is None
            and decided is not None
            and since < decided < self.clock() - ANSWERING_TIME
        )

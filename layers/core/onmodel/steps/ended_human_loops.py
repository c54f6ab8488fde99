"""What follows when a human loop ended: its answers are saved, and the last one ends the review.

Called by A2I's event, and by reconcile for loops whose event was lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.human_loops import HUMAN_LOOPS_FOLDER, HumanLoopRead, HumanLoopStatus
from onmodel.contracts.rows import ApprovalStatus
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.human_loops import corrections_of, loops_of
from onmodel.errors import AnswerRefused, NotFound
from onmodel.films.corrections import save_corrections
from onmodel.money.approvals import is_open
from onmodel.observability import logger
from onmodel.ports.human_loops import HumanLoops, HumanLoopState
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import APPROVALS, HUMAN_LOOPS, ApprovalRow, HumanLoopRow
from onmodel.steps.decisions import Deciding
from onmodel.steps.recovery import GRACE

SHOWN = 3
"""Reasons in a mail."""


@dataclass(frozen=True)
class EndedHumanLoops:
    """The services that reading answers needs."""

    registry: Registry
    studio: ObjectStore
    deciding: Deciding
    clock: Clock
    limits: DatasetLimits

    def end(self, row: HumanLoopRow, state: HumanLoopState) -> HumanLoopRead:
        """Save a loop's answers, and decide the review when it was the last; a repeat is harmless.

        Raises:
            Conflict: another function wrote the row since it was read; the event comes again.
        """
        answer = HumanLoopRead(outcome="ended")
        if row.status is HumanLoopStatus.STARTED:
            ended, answer = self._read(row, state)
            HUMAN_LOOPS.replace(self.registry, ended, self.clock())
        approval = APPROVALS.read(self.registry, row.production, row.body.approval_id)
        if approval is not None:
            self.finish(approval)
        return answer

    def finish(self, approval: ApprovalRow) -> bool:
        """Decide a review whose loops have all ended; whether it was decided now."""
        if not is_open(approval, self.clock()) or approval.body.purpose != "review":
            return False
        rows = loops_of(approval.id, approval.production, self.registry)
        if not rows or any(row.status is HumanLoopStatus.STARTED for row in rows):
            return False
        failed = [row for row in rows if row.status is not HumanLoopStatus.COMPLETED]
        status = ApprovalStatus.DECLINED if failed else ApprovalStatus.APPROVED
        self.deciding.decide(approval, status, reason=_reason(failed, len(rows)))
        return True

    def _read(self, row: HumanLoopRow, state: HumanLoopState) -> tuple[HumanLoopRow, HumanLoopRead]:
        """The row of the ended loop, after its answers were saved."""
        status, reason, saved = state.status, "", 0
        if status is not HumanLoopStatus.COMPLETED:
            reason = state.reason or f"it was {status}"
        else:
            try:
                saved = self._save(row, state.output_uri or "")
            except (AnswerRefused, NotFound) as fault:
                status, reason = HumanLoopStatus.FAILED, str(fault)
        if reason:
            logger.warning("a human loop has no answers", loop=row.id, status=status, why=reason)
        ended = row.with_status(status).with_fields(ended_at=self.clock(), reason=reason)
        return ended, HumanLoopRead(outcome="ended" if reason else "read", saved=saved)

    def _save(self, row: HumanLoopRow, output_uri: str) -> int:
        """How many decisions were saved. Raises AnswerRefused and NotFound."""
        bucket, _, key = output_uri.removeprefix("s3://").partition("/")
        if bucket != self.studio.bucket or not key.startswith(HUMAN_LOOPS_FOLDER):
            raise AnswerRefused(
                f"its answers are at {output_uri or 'no address'}, and the flow definition must"
                f" write below s3://{self.studio.bucket}/{HUMAN_LOOPS_FOLDER}"
            )
        results = save_corrections(
            row.production,
            corrections_of(self.studio.get(key), row.body.crop_ids),
            registry=self.registry,
            clock=self.clock,
            limits=self.limits,
        )
        for result in results:
            if not result.saved:
                logger.warning("an answer was not saved", crop=result.crop_id, why=result.reason)
        return sum(result.saved for result in results)


@dataclass(frozen=True)
class OpenHumanLoops:
    """Finds loops whose event was lost, and stops what nothing waits for; reconcile's part."""

    registry: Registry
    loops: HumanLoops
    ended: EndedHumanLoops
    executions: Executions
    clock: Clock

    def check(self, listed: HumanLoopRow) -> bool:
        """Whether something was done about a loop. The list may be out of date."""
        if listed.status is not HumanLoopStatus.STARTED or self.clock() - listed.updated_at < GRACE:
            return False
        row = HUMAN_LOOPS.read(self.registry, listed.production, listed.id)
        if row is None:
            return False
        state = self.loops.look(row.id)
        waits = self._waits(row)
        if state is None:
            if waits and self._approval(row) is None:
                return False  # the execution is still starting its loops
            reason = "it does not exist at Amazon A2I"
            state = HumanLoopState(status=HumanLoopStatus.STOPPED, reason=reason)
        if state.status is not HumanLoopStatus.STARTED:
            self.ended.end(row, state)
            return True
        if waits:
            return False
        self.loops.stop(row.id)
        return True

    def _waits(self, row: HumanLoopRow) -> bool:
        """Whether an execution waits for the loop, or is going to."""
        if not self.executions.is_running(row.body.execution_arn):
            return False
        approval = self._approval(row)
        return approval is None or is_open(approval, self.clock())

    def _approval(self, row: HumanLoopRow) -> ApprovalRow | None:
        return APPROVALS.read(self.registry, row.production, row.body.approval_id)


def _reason(failed: list[HumanLoopRow], total: int) -> str:
    """For people; '' when every loop has answers."""
    if not failed:
        return ""
    reasons = "; ".join(dict.fromkeys(row.body.reason for row in failed[:SHOWN]))
    return (
        f"{len(failed):,} of {total:,} human loops of Amazon A2I ended without answers: {reasons}"
    )

"""What follows when a human loop ended: its answers are saved, and the last one ends the review.

Called by A2I's event, and by reconcile for loops whose event was lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from onmodel.contracts.human_loops import (
    HUMAN_LOOPS_FOLDER,
    LARGEST_OUTPUT_BYTES,
    HumanLoopRead,
    HumanLoopStatus,
)
from onmodel.contracts.keys import digest
from onmodel.contracts.review import Decision, PostedCorrection
from onmodel.contracts.rows import ApprovalStatus
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.human_loops import LoopAnswers, answers_of, loops_of
from onmodel.errors import (
    AccessDenied,
    AnswerRefused,
    NotFound,
    ServiceUnavailable,
    Throttled,
)
from onmodel.films.corrections import save_corrections
from onmodel.money.approvals import is_open
from onmodel.observability import logger
from onmodel.ports.human_loops import HumanLoops, HumanLoopState
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import APPROVALS, CORRECTIONS, HUMAN_LOOPS, ApprovalRow, HumanLoopRow
from onmodel.steps.decisions import Deciding
from onmodel.steps.recovery import GRACE

SHOWN = 3
"""Reasons in a mail."""

LONGEST_ROUND = timedelta(minutes=2)
"""For looking at open loops: reconcile runs for five minutes at most, and 500 loops whose calls are
throttled would take longer. Those that are left out come in the next rounds."""


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
                answers = self._answers(row, state.output_uri or "")
            except (AccessDenied, AnswerRefused, NotFound) as fault:  # none passes with time
                reason = str(fault)
            else:
                saved = self._save(row.production, answers.decisions)
                if len(answers.decisions) < answers.shown:
                    of = f"{len(answers.decisions)} of {answers.shown}"
                    reason = f"its output.json answers about {of} pictures"
            status = HumanLoopStatus.FAILED if reason else status
        if reason:
            logger.warning(
                "a human loop ended without all answers", loop=row.id, status=status, why=reason
            )
        ended = row.with_status(status).with_fields(ended_at=self.clock(), reason=reason)
        return ended, HumanLoopRead(outcome="ended" if reason else "read", saved=saved)

    def _answers(self, row: HumanLoopRow, output_uri: str) -> LoopAnswers:
        """Raises AccessDenied, AnswerRefused and NotFound."""
        bucket, _, key = output_uri.removeprefix("s3://").partition("/")
        if bucket != self.studio.bucket or not key.startswith(HUMAN_LOOPS_FOLDER):
            raise AnswerRefused(
                f"its answers are at {output_uri or 'no address'}, and the flow definition must"
                f" write below s3://{self.studio.bucket}/{HUMAN_LOOPS_FOLDER}"
            )
        size = self.studio.head(key).size
        if size > LARGEST_OUTPUT_BYTES:
            raise AnswerRefused(
                f"its output.json has {size:,} bytes, over {LARGEST_OUTPUT_BYTES:,}"
            )
        return answers_of(self.studio.get(key), row.body.crop_ids)

    def _save(self, production: str, answered: Sequence[PostedCorrection]) -> int:
        """How many decisions were saved."""
        results = save_corrections(
            production,
            [self._added(production, one) for one in answered],
            registry=self.registry,
            clock=self.clock,
            limits=self.limits,
        )
        for result in results:
            if not result.saved:
                logger.warning("an answer was not saved", crop=result.crop_id, why=result.reason)
        return sum(result.saved for result in results)

    def _added(self, production: str, answered: PostedCorrection) -> PostedCorrection:
        """Where a person gave no verdict: the answer's, with the name and caption they gave."""
        row = CORRECTIONS.read(self.registry, production, answered.crop_id)
        if row is None or row.body.verdict is not None:
            return answered
        given = {name: getattr(row.body, name) for name in Decision.model_fields}
        stands = {name: value for name, value in given.items() if value is not None}
        return answered.model_copy(update={**stands, "version": row.revision})


@dataclass(frozen=True)
class OpenHumanLoops:
    """Finds loops whose event was lost, and stops what nothing waits for; reconcile's part."""

    registry: Registry
    loops: HumanLoops
    ended: EndedHumanLoops
    executions: Executions
    clock: Clock

    def due(self, listed: Iterable[HumanLoopRow]) -> Iterator[HumanLoopRow]:
        """Open loops, in another order each time, until the time of one round is over."""
        now = self.clock()
        rows = [
            row
            for row in listed
            if row.status is HumanLoopStatus.STARTED and now - row.updated_at >= GRACE
        ]
        rows.sort(key=lambda row: digest(f"{row.id} {now.isoformat()}"))
        for number, row in enumerate(rows):
            if self.clock() - now >= LONGEST_ROUND:
                logger.warning("%d open human loops are left to the next round", len(rows) - number)
                return
            yield row

    def check(self, listed: HumanLoopRow) -> bool:
        """Whether something was done about a loop. The list may be out of date."""
        row = HUMAN_LOOPS.read(self.registry, listed.production, listed.id)
        if row is None or row.status is not HumanLoopStatus.STARTED:
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


def stop_loops(left: set[str], loops: HumanLoops, clock: Clock, until: datetime) -> list[str]:
    """Stop loops until A2I refuses a call for now, or the time is over.

    Args:
        left: names; those that are stopped are taken out.
        loops: at A2I.
        clock: compared with `until` before each call.
        until: when no further call is made.

    Returns:
        The names that are left.
    """
    for name in sorted(left):
        if clock() >= until:
            break
        try:
            loops.stop(name)
        except (Throttled, ServiceUnavailable) as fault:
            logger.warning("%s: %s", name, fault)
            break
        left.discard(name)
    return sorted(left)


def _reason(failed: list[HumanLoopRow], total: int) -> str:
    """For people; '' when every loop has answers."""
    if not failed:
        return ""
    reasons = "; ".join(dict.fromkeys(row.body.reason for row in failed[:SHOWN]))
    number = f"{len(failed):,} of {total:,}"
    return f"{number} human loops of Amazon A2I ended without all answers: {reasons}"

"""Approvals: questions to a person about money; each is decided once, by compare-and-swap."""

from __future__ import annotations

from onmodel.contracts.keys import digest
from onmodel.contracts.rows import ApprovalStatus
from onmodel.contracts.trainings import Approved, RequestApprovalRequest
from onmodel.errors import LinkRefused
from onmodel.ports.machines import Clock, TaskTokens
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import APPROVALS, ApprovalRow

DECIDED = frozenset({ApprovalStatus.APPROVED, ApprovalStatus.DECLINED})


def approval_id(request: RequestApprovalRequest) -> str:
    """One approval for each execution and subject: a later execution must ask again."""
    return digest(f"{request.execution_arn}:{request.purpose}:{request.subject_id}", 16)


def newest_approval(production: str, execution_arn: str, registry: Registry) -> ApprovalRow | None:
    """The last question of an execution; it may ask for an approval, then for a review."""
    own = [
        row
        for row in APPROVALS.list(registry, production)
        if row.body.execution_arn == execution_arn
    ]
    return max(own, key=lambda row: row.created_at, default=None)


def get_approval(production: str, approval_id: str, registry: Registry) -> ApprovalRow:
    """Raises LinkRefused when there is none."""
    approval = APPROVALS.read(registry, production, approval_id)
    if approval is None:
        raise LinkRefused("What this link asks about is gone", "Nothing was started")
    return approval


def decide(
    approval: ApprovalRow, status: ApprovalStatus, *, registry: Registry, clock: Clock
) -> tuple[ApprovalRow, bool]:
    """Write a decision on a pending approval, and return whether it is the one that counts.

    The first decision counts; a later caller gets the row with that decision. A new token alone
    does not decide anything.
    """
    counts = False

    def write(current: ApprovalRow) -> ApprovalRow | None:
        nonlocal counts
        counts = current.status == ApprovalStatus.PENDING
        return current.with_status(status).with_fields(decided_at=clock()) if counts else None

    decided = APPROVALS.change(registry, approval.production, approval.id, write, clock)
    return decided, counts


def hand_over(
    approval: ApprovalRow, *, registry: Registry, tokens: TaskTokens, clock: Clock
) -> bool:
    """Answer the execution that asked; whether its task waited for this answer.

    A task that is being retried has no valid token for a moment: then nothing is recorded, and the
    retried task finds the decision, or reconcile hands it over.
    """
    answer = Approved(approved=approval.status == ApprovalStatus.APPROVED)
    waited = tokens.succeed(approval.body.task_token, answer.model_dump())
    if waited:
        record_answered(approval, registry=registry, clock=clock)
    return waited


def record_answered(approval: ApprovalRow, *, registry: Registry, clock: Clock) -> None:
    """Record that the decision was handed over, or that nobody waits for it any more."""
    now = clock()
    APPROVALS.change(
        registry,
        approval.production,
        approval.id,
        lambda current: current.with_fields(answered_at=now),
        clock,
    )

"""Approvals: questions to a person about money; each is decided once, by compare-and-swap."""

from __future__ import annotations

from datetime import datetime

from onmodel.contracts.keys import digest
from onmodel.contracts.rows import ApprovalBody, ApprovalStatus
from onmodel.contracts.trainings import Approved, Purpose, RequestApprovalRequest
from onmodel.errors import LinkRefused
from onmodel.ports.machines import Clock, TaskTokens
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import APPROVALS, ApprovalRow

DECIDED = frozenset({ApprovalStatus.APPROVED, ApprovalStatus.DECLINED, ApprovalStatus.WITHDRAWN})

OF_A_DATASET = frozenset({"training", "captions", "review"})
"""Purposes of questions about a dataset. Those about another dataset are replaced: the newest has
all films of the production."""

ABOUT_MONEY = frozenset({"training", "captions"})
"""Of one dataset, these replace each other; a review of it comes after them."""


def approval_id(request: RequestApprovalRequest) -> str:
    """One approval for each execution and subject: a later execution must ask again."""
    subject = f"{request.subject_id}:again" if request.again else request.subject_id
    return id_of_approval(request.execution_arn, request.purpose, subject)


def id_of_approval(execution_arn: str, purpose: Purpose, subject_id: str) -> str:
    """The id that an execution's question about a subject has, or is going to have."""
    return digest(f"{execution_arn}:{purpose}:{subject_id}", 16)


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


def approvals_about(
    production: str, purpose: Purpose, subject_id: str, registry: Registry
) -> tuple[ApprovalRow, ...]:
    """All questions for this purpose about this subject, the newest last."""
    rows = [
        row
        for row in APPROVALS.list(registry, production)
        if row.body.purpose == purpose and row.body.subject_id == subject_id
    ]
    return tuple(sorted(rows, key=lambda row: (row.created_at, row.id)))


def replaced_by(
    request: RequestApprovalRequest, registry: Registry, now: datetime
) -> tuple[ApprovalRow, ...]:
    """The open questions that a new one takes the place of.

    A question about a dataset replaces those about the production's other datasets, reviews too. A
    question about a deployment replaces only an older one about the same storyboard or training.
    """
    identity = approval_id(request)
    return tuple(
        row
        for row in APPROVALS.list(registry, request.production)
        if row.id != identity and is_open(row, now) and _is_replaced(row.body, request)
    )


def _is_replaced(body: ApprovalBody, request: RequestApprovalRequest) -> bool:
    if request.purpose in OF_A_DATASET and body.subject_id != request.subject_id:
        return body.purpose in OF_A_DATASET
    if request.purpose in ABOUT_MONEY:
        return body.purpose in ABOUT_MONEY
    return body.purpose == request.purpose and body.subject_id == request.subject_id


def is_open(approval: ApprovalRow, now: datetime) -> bool:
    """Whether it can still be decided."""
    return approval.status == ApprovalStatus.PENDING and now < approval.body.expires_at


def decide(
    approval: ApprovalRow,
    status: ApprovalStatus,
    *,
    registry: Registry,
    clock: Clock,
    reason: str = "",
) -> tuple[ApprovalRow, bool]:
    """Write a decision on a pending approval, and return whether it is the one that counts.

    The first decision counts; a later caller gets the row with that decision. A new token alone
    does not decide anything.

    Args:
        approval: as it was read.
        status: the decision.
        registry: holds the row.
        clock: time of the decision.
        reason: for people, where no person decided.
    """
    counts = False

    def write(current: ApprovalRow) -> ApprovalRow | None:
        nonlocal counts
        counts = current.status == ApprovalStatus.PENDING
        if not counts:
            return None
        return current.with_status(status).with_fields(decided_at=clock(), reason=reason)

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

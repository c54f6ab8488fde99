"""Approvals: money that a person is asked about, decided once, by compare-and-swap."""

from __future__ import annotations

from onmodel.contracts.keys import digest
from onmodel.contracts.rows import ApprovalBody, ApprovalStatus, Kind
from onmodel.contracts.trainings import RequestApprovalRequest
from onmodel.errors import Conflict, LinkRefused
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Record, Registry

DECIDED = frozenset({ApprovalStatus.APPROVED, ApprovalStatus.DECLINED})


def approval_id(request: RequestApprovalRequest) -> str:
    """One approval an execution and subject: what was agreed to once is not agreed to for ever."""
    return digest(f"{request.execution_arn}:{request.purpose}:{request.subject_id}", 16)


def get_approval(production: str, approval_id: str, registry: Registry) -> Record:
    """Raises LinkRefused when there is none."""
    record = registry.get(production, Kind.APPROVAL, approval_id)
    if record is None:
        raise LinkRefused("What this link asks about is gone", "Nothing was started")
    return record


def decide(
    record: Record, status: ApprovalStatus, *, registry: Registry, clock: Clock
) -> tuple[Record, bool]:
    """Write a decision on a pending approval, and say whether it was this one that counted.

    Who comes second gets what the first decided.
    """
    now = clock()
    if record.status != ApprovalStatus.PENDING:
        return record, False
    body = ApprovalBody.model_validate(record.body).model_copy(update={"decided_at": now})
    try:
        decided = registry.replace(
            record.model_copy(
                update={
                    "status": status,
                    "updated_at": now,
                    "body": body.model_dump(mode="json"),
                }
            )
        )
    except Conflict:
        moved = get_approval(record.production, record.id, registry)
        if moved.status == ApprovalStatus.PENDING:  # only its token was renewed
            return decide(moved, status, registry=registry, clock=clock)
        return moved, False
    return decided, True

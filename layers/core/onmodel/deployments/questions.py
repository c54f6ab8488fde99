"""The question to a person about a training's deployment: the newest one counts."""

from __future__ import annotations

from datetime import datetime

from onmodel.contracts.rows import ApprovalStatus
from onmodel.money.approvals import DECIDED, approvals_about, decide
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import ApprovalRow, TrainingRow

DEPLOYED_MEANWHILE = "The model was deployed without this answer: by a command, or for a storyboard"
"""Why an open question is withdrawn."""


def question_about(training: TrainingRow, registry: Registry) -> ApprovalRow | None:
    """None when nobody was ever asked."""
    asked = approvals_about(training.production, "deployment", training.id, registry)
    return asked[-1] if asked else None


def was_refused(training: TrainingRow, registry: Registry, now: datetime) -> bool:
    """Whether a person declined its deployment, or did not answer in time.

    An answer that came in time, to an execution that had ended, is neither: it is asked again.
    """
    newest = question_about(training, registry)
    if newest is None or newest.status == ApprovalStatus.APPROVED:
        return False
    return newest.status in DECIDED or now >= newest.body.expires_at


def approved_hours(training: TrainingRow, registry: Registry) -> float | None:
    """How long a person agreed to; None when nobody did, or the row is of before it said that."""
    newest = question_about(training, registry)
    if newest is None or newest.status != ApprovalStatus.APPROVED:
        return None
    return newest.body.hours


def withdraw_question(training: TrainingRow, registry: Registry, clock: Clock) -> bool:
    """End the open question of a training that a person deploys without answering it.

    A later answer would lead to nothing: the deployment that it is about has begun. reconcile hands
    the withdrawal to the execution that waits.

    Returns:
        False when it was approved just now: then the execution that asked deploys.

    Raises:
        Conflict: other functions wrote the row during every attempt.
    """
    newest = question_about(training, registry)
    if newest is None or newest.status != ApprovalStatus.PENDING:
        return True
    ended, _ = decide(
        newest,
        ApprovalStatus.WITHDRAWN,
        registry=registry,
        clock=clock,
        reason=DEPLOYED_MEANWHILE,
    )
    return ended.status != ApprovalStatus.APPROVED

"""Facts about approvals and reviews: requested, ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field

from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import ApprovalStatus
from onmodel.contracts.trainings import Purpose
from onmodel.errors import EventRefused
from onmodel.money.approvals import newest_approval
from onmodel.notifications.facts.base import Facts, Notification, Sources
from onmodel.registry.kinds import APPROVALS, DATASETS, ApprovalRow


class ApprovalWantedFacts(Facts):
    """A person is asked to approve spending."""

    kind: ClassVar[str] = "approval_wanted"

    purpose: Literal["training", "captions", "deployment"]
    subject: str = Field(description="dataset or model that it is about")
    usd: float | None = Field(description="quote; None when a price is missing")
    why: str
    assumptions: tuple[str, ...] = Field(description="of the quote")
    link: str
    expires_at: datetime


class ReviewWantedFacts(Facts):
    """A person is asked to read the captions; not about money."""

    kind: ClassVar[str] = "review_wanted"

    dataset_id: str
    pictures: int = Field(description="captioned ones")
    captions: str = Field(description="link to the captions")
    link: str
    expires_at: datetime


class ApprovalEndedFacts(Facts):
    """Declined, or not answered in time."""

    kind: ClassVar[str] = "approval_ended"

    purpose: Purpose
    subject: str
    outcome: Literal["declined", "expired"]


def approval_wanted(request: NotificationRequest, sources: Sources) -> Notification:
    """`id` is the approval's."""
    row = APPROVALS.require(sources.registry, request.production, request.id)
    body = row.body
    if body.purpose == "review":
        return review_wanted(request, sources)
    days = (body.expires_at - row.created_at) / timedelta(days=1)
    facts = ApprovalWantedFacts(
        production=request.production,
        purpose=body.purpose,
        subject=body.subject_id,
        usd=body.usd,
        why=body.why,
        assumptions=body.assumptions,
        link=sources.approval_link(request.production, row.id, days),
        expires_at=body.expires_at,
    )
    return Notification(facts, _wanted_event(row.id))


def review_wanted(request: NotificationRequest, sources: Sources) -> Notification:
    """`id` is the approval's."""
    row = APPROVALS.require(sources.registry, request.production, request.id)
    dataset_id = row.body.subject_id
    dataset = DATASETS.require(sources.registry, request.production, dataset_id).body
    days = (row.body.expires_at - row.created_at) / timedelta(days=1)
    facts = ReviewWantedFacts(
        production=request.production,
        dataset_id=dataset_id,
        pictures=dataset.pictures if dataset.captioned is None else dataset.captioned,
        captions=sources.link(DatasetKeys(request.production, dataset_id).captions, days),
        link=sources.approval_link(request.production, row.id, days),
        expires_at=row.body.expires_at,
    )
    return Notification(facts, _wanted_event(row.id))


def approval_ended(request: NotificationRequest, sources: Sources) -> Notification:
    """`id` is what the approval was about. Of several, the one that this execution asked counts."""
    row = _asked(request, sources)
    facts = ApprovalEndedFacts(
        production=request.production,
        purpose=row.body.purpose,
        subject=row.body.subject_id,
        outcome="declined" if row.status == ApprovalStatus.DECLINED else "expired",
    )
    return Notification(facts, f"approval_ended:{row.id}")


def _asked(request: NotificationRequest, sources: Sources) -> ApprovalRow:
    """Raises EventRefused."""
    if sources.execution_arn is not None:
        own = newest_approval(request.production, sources.execution_arn, sources.registry)
        if own is not None:
            return own
    about = [  # asked before approvals named their execution
        row
        for row in APPROVALS.list(sources.registry, request.production)
        if row.body.subject_id == request.id
    ]
    if not about:
        raise EventRefused(f"No approval about {request.id} in production {request.production}")
    return max(about, key=lambda row: row.created_at)


def _wanted_event(approval_id: str) -> str:
    return f"approval_wanted:{approval_id}"

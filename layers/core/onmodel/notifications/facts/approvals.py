"""Facts about approvals and reviews: requested, ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field

from onmodel.contracts.base import Contract
from onmodel.contracts.datasets import DatasetShown
from onmodel.contracts.human_loops import HumanLoopStatus
from onmodel.contracts.keys import DatasetKeys, FilmKeys
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import ApprovalStatus
from onmodel.contracts.trainings import CostPart, CostQuote, Purpose
from onmodel.datasets.human_loops import loops_of
from onmodel.datasets.shown import dataset_of, films_of
from onmodel.errors import EventRefused
from onmodel.money.approvals import newest_approval
from onmodel.notifications.facts.base import Facts, Notification, Sources
from onmodel.notifications.facts.datasets import captions_checked
from onmodel.registry.kinds import APPROVALS, DATASETS, TRAININGS, ApprovalRow

Outcome = Literal["declined", "expired", "withdrawn", "overtaken", "failed"]

OUTCOMES: dict[ApprovalStatus, Outcome] = {
    ApprovalStatus.DECLINED: "declined",
    ApprovalStatus.WITHDRAWN: "withdrawn",
}


class FilmLink(Contract):
    title: str
    report: str = Field(description="link")


class ReplacedQuestion(Contract):
    """An older question that the new one withdraws."""

    subject: str
    usd: float | None
    asked_at: datetime


class ApprovalWantedFacts(Facts):
    """A person is asked to approve spending."""

    kind: ClassVar[str] = "approval_wanted"

    purpose: Literal["training", "captions", "deployment", "drawing"]
    subject: str = Field(description="dataset or model that it is about")
    usd: float | None = Field(description="the total; None when a price is missing")
    usual_usd: float | None = Field(
        default=None, description="what it usually costs; None when that is not known"
    )
    parts: tuple[CostPart, ...] = Field(default=(), description="of the total; may be empty")
    why: str
    assumptions: tuple[str, ...] = Field(description="of the quote")
    dataset: DatasetShown | None = Field(default=None, description="that it is about")
    reports: tuple[FilmLink, ...] = Field(default=(), description="of the films in the dataset")
    replaces: tuple[ReplacedQuestion, ...] = ()
    link: str
    expires_at: datetime


class ReviewWantedFacts(Facts):
    """A person is asked to review pictures and captions; not about money."""

    kind: ClassVar[str] = "review_wanted"

    dataset_id: str
    pictures: int = Field(description="captioned ones")
    captions: str = Field(description="link to the captions")
    captions_checked: str = Field(default="", description="scores of all captions, in words")
    page: str = Field(description="link to the page on which pictures are corrected")
    link: str = Field(description="to the page with two buttons")
    human_loops: int = Field(default=0, description="of Amazon A2I, in which a team looks at them")
    expires_at: datetime


class ApprovalEndedFacts(Facts):
    """Declined, or not answered in time."""

    kind: ClassVar[str] = "approval_ended"

    purpose: Purpose
    subject: str
    outcome: Outcome
    reason: str = Field(default="", description="why it failed, or what overtook it")
    open_loops: int = Field(default=0, description="human loops that reconcile stops")
    is_storyboard: bool = Field(default=True, description="or a training, where it is to deploy")


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
        usual_usd=CostQuote(usd=body.usd, parts=body.parts, assumptions=()).usual_usd,
        parts=body.parts,
        why=body.why,
        assumptions=body.assumptions,
        dataset=dataset_of(request.production, body.shown_id, sources.registry),
        reports=_reports(request.production, body.shown_id, sources),
        replaces=tuple(_replaced(row, sources)),
        link=sources.approval_link(request.production, row.id, days),
        expires_at=body.expires_at,
    )
    return Notification(facts, wanted_event(row.id))


def _reports(production: str, subject_id: str, sources: Sources) -> tuple[FilmLink, ...]:
    """Links to the reports of the films of a dataset: they show its pictures."""
    return tuple(
        FilmLink(title=film.title, report=sources.link(FilmKeys.of(film.run).report))
        for film in films_of(production, subject_id, sources.registry)
        if film.run is not None
    )


def _replaced(row: ApprovalRow, sources: Sources) -> Iterator[ReplacedQuestion]:
    for replaced in row.body.replaces:
        older = APPROVALS.require(sources.registry, row.production, replaced)
        if older.body.purpose == "review":
            continue  # is not about money; its own mail says that it is over
        yield ReplacedQuestion(
            subject=older.body.subject_id, usd=older.body.usd, asked_at=older.created_at
        )


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
        captions_checked=captions_checked(dataset),
        page=sources.review_link(request.production, row.id, days),
        link=sources.approval_link(request.production, row.id, days),
        human_loops=len(loops_of(row.id, request.production, sources.registry)),
        expires_at=row.body.expires_at,
    )
    return Notification(facts, wanted_event(row.id))


def approval_ended(request: NotificationRequest, sources: Sources) -> Notification:
    """`id` is what the approval was about. Of several, the one that this execution asked counts."""
    row = _asked(request, sources)
    facts = ApprovalEndedFacts(
        production=request.production,
        purpose=row.body.purpose,
        subject=row.body.subject_id,
        outcome=_outcome(row),
        reason=row.body.reason,
        open_loops=sum(
            loop.status is HumanLoopStatus.STARTED
            for loop in loops_of(row.id, request.production, sources.registry)
        ),
        is_storyboard=TRAININGS.read(sources.registry, request.production, row.body.subject_id)
        is None,
    )
    return Notification(facts, f"approval_ended:{row.id}")


def _outcome(row: ApprovalRow) -> Outcome:
    if row.body.reason:  # no person decided
        return "overtaken" if row.status == ApprovalStatus.WITHDRAWN else "failed"
    return OUTCOMES.get(row.status, "expired")


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


def wanted_event(approval_id: str) -> str:
    return f"approval_wanted:{approval_id}"

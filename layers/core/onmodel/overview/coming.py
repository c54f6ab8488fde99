"""What comes next in a production by itself, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.rows import (
    DeploymentBody,
    DeploymentStage,
    Kind,
    StoryboardStatus,
    TrainingStage,
)
from onmodel.contracts.settings import Settings
from onmodel.deployments.lifecycle import OVER
from onmodel.formats.wording import ASKED_ABOUT, count
from onmodel.overview.dataset_step import DatasetStep, Steps
from onmodel.registry.kinds import ApprovalRow, GenerationRow
from onmodel.registry.rows import AnyRow

QuietOf = Callable[[str], timedelta | None]
"""By a production's id: its films become a dataset so long after the last one; None: never by
themselves."""


@dataclass(frozen=True)
class Coming:
    """One thing that comes. `at` is None when only a mail will say when."""

    production: str
    what: str
    at: datetime | None = None

    def as_object(self) -> dict[str, Any]:
        return {
            "production": self.production,
            "what": self.what,
            "at": None if self.at is None else self.at.isoformat(),
        }


def coming_next(rows: Iterable[AnyRow], quiet_of: QuietOf, steps: Steps) -> list[Coming]:
    """What follows from the rows without a person; what has a time first, in its order.

    Args:
        rows: of one production or of several.
        quiet_of: of a production, by its id.
        steps: of all datasets among the rows that are not ready.
    """
    told = [one for row in rows for one in _of(row, steps, quiet_of)]
    timed = sorted(((one.at, one) for one in told if one.at is not None), key=itemgetter(0))
    return [*(one for _, one in timed), *(one for one in told if one.at is None)]


def quiet_time(settings: Settings, stack_seconds: float) -> timedelta | None:
    """How long after its last film a production's films become a dataset; None: never by itself.

    Args:
        settings: of the production; its own period counts before the stack's.
        stack_seconds: the stack's period.
    """
    if not settings.training.automatic:
        return None
    minutes = settings.training.quiet_minutes
    return timedelta(seconds=stack_seconds if minutes is None else minutes * 60)


def _of(row: AnyRow, steps: Steps, quiet_of: QuietOf) -> Iterator[Coming]:
    match row.kind, row.status:
        case Kind.RUN, RunStatus.RUNNING:
            title = row.body.run.title
            yield Coming(row.production, f"{title} is being prepared; a mail has its report")
        case Kind.GENERATION, _:
            yield _dataset(row, quiet_of(row.production))
        case Kind.APPROVAL, _:
            yield _expiry(row)
        case Kind.DATASET, _ if step := steps.get((row.production, row.id)):
            if step not in {DatasetStep.ASKED, DatasetStep.ENDED}:
                what = f"Dataset {row.id}: {step}; a mail says what follows"
                yield Coming(row.production, what)
        case Kind.TRAINING, TrainingStage.STARTING | TrainingStage.IN_PROGRESS:
            what = f"{row.id} is being trained, for hours; a mail says how it ended"
            yield Coming(row.production, what)
        case Kind.DEPLOYMENT, _ if row.status not in OVER:
            yield from _deployment(row.production, row.id, row.status, row.body)
        case Kind.STORYBOARD, StoryboardStatus.DRAWING:
            panels = count(row.body.panels, "panel")
            name = row.body.title or row.body.name
            yield Coming(
                row.production, f"{panels} of {name} are being drawn; a mail has the gallery"
            )


def _dataset(row: GenerationRow, quiet: timedelta | None) -> Coming:
    pictures = f"The pictures of {count(len(row.body.runs), 'film')}"
    if quiet is None:
        command = f"`onmodel train -p {row.production}`"
        return Coming(row.production, f"{pictures} become a dataset when you start it: {command}")
    what = f"{pictures} become a dataset, if no other film comes before"
    return Coming(row.production, what, row.body.last_prepared_at + quiet)


def _expiry(row: ApprovalRow) -> Coming:
    what = f"The question about the {ASKED_ABOUT[row.body.purpose]} of {row.body.subject_id}"
    return Coming(
        row.production, f"{what} expires; without an answer nothing is started", row.body.expires_at
    )


def _deployment(
    production: str, identity: str, status: DeploymentStage, body: DeploymentBody
) -> Iterator[Coming]:
    if status in {DeploymentStage.PLANNED, DeploymentStage.CREATING}:
        what = f"{identity} is being deployed, about half an hour; a mail says when it answers"
        yield Coming(production, what)
    yield Coming(production, f"{identity} is switched off", body.retires_at)

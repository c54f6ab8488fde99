"""Lists everything in a stack's Registry, for `status` and `costs`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from onmodel.contracts.films import FilmSummary
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.places import PlacesBody
from onmodel.contracts.rows import (
    ApprovalBody,
    ApprovalStatus,
    DatasetBody,
    DatasetStatus,
    GenerationBody,
    GenerationStatus,
    Kind,
    RunBody,
    RunStatus,
    StoryboardBody,
    TrainingBody,
    TrainingStage,
)
from onmodel.deployments.lifecycle import OVER
from onmodel.errors import NotFound
from onmodel.films.places import places_of
from onmodel.formats.wording import count, dollars
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import (
    APPROVALS,
    DATASETS,
    DEPLOYMENTS,
    GENERATIONS,
    RUNS,
    STORYBOARDS,
    TRAININGS,
    DeploymentRow,
)
from onmodel.registry.rows import AnyRow, BodyT, Row, Rows, StatusT
from onmodel_cli.following import RunObserver, waits_for_a_place
from onmodel_cli.journey import answered

SHOWN: tuple[Rows[Any, Any], ...] = (
    RUNS,
    GENERATIONS,
    DATASETS,
    APPROVALS,
    TRAININGS,
    DEPLOYMENTS,
    STORYBOARDS,
)
WAITING = {Kind.GENERATION: GenerationStatus.OPEN, Kind.APPROVAL: ApprovalStatus.PENDING}
"""Kinds that are shown only while something waits: films for more films, money for approval."""


@dataclass(frozen=True)
class Line:
    """One row to show. `usd` is its estimated cost; None when it is not known."""

    production: str
    kind: str
    id: str
    status: str
    what: str
    updated_at: datetime
    usd: float | None
    usd_per_hour: float | None = None
    bills: bool = False
    """Whether it costs money by the hour now; `usd_per_hour` may be unknown."""

    def as_object(self) -> dict[str, Any]:
        return {
            "production": self.production,
            "kind": self.kind,
            "id": self.id,
            "status": self.status,
            "what": self.what,
            "updated_at": self.updated_at.isoformat(),
            "usd": self.usd,
            "usd_per_hour": self.usd_per_hour,
        }


def look(
    registry: Registry, production: str | None, now: datetime, studio: ObjectStore | None = None
) -> list[Line]:
    """The lines of one production or of all, oldest first; with a studio, with their progress."""
    places = places_of(registry)
    lines = _once([_line(row, now, studio, places) for row in _shown(registry, production)])
    return sorted(lines, key=lambda line: (line.production, line.updated_at))


def _once(lines: list[Line]) -> list[Line]:
    """Leave out the cost of captions that a training's quote includes."""
    quoted = [line for line in lines if line.kind == Kind.TRAINING and line.usd is not None]

    def is_quoted(line: Line) -> bool:
        """Whether a training is of this dataset: its id begins with the dataset's."""
        return line.kind == Kind.DATASET and any(
            one.production == line.production and one.id.startswith(line.id) for one in quoted
        )

    return [
        replace(line, usd=None, what=f"{line.what}; captions are in its training's quote")
        if is_quoted(line)
        else line
        for line in lines
    ]


def billing(lines: list[Line]) -> list[Line]:
    """What costs money by the hour now."""
    return [line for line in lines if line.bills]


def usage_of_runs(
    registry: Registry, studio: ObjectStore, production: str | None
) -> Iterator[FilmSummary]:
    """Summaries of prepared runs, with their counted calls."""
    for row in _of(registry, production, RUNS):
        if row.status == RunStatus.PREPARED:
            keys = FilmKeys.of(row.body.run)
            try:
                yield FilmSummary.model_validate_json(studio.get(keys.summary))
            except NotFound:
                continue  # deleted by hand; its row in the Registry still has the total


def _shown(registry: Registry, production: str | None) -> Iterator[AnyRow]:
    for rows in SHOWN:
        for row in _of(registry, production, rows):
            if row.kind not in WAITING or row.status == WAITING[row.kind]:
                yield row


def _of(
    registry: Registry, production: str | None, rows: Rows[BodyT, StatusT]
) -> Iterator[Row[BodyT, StatusT]]:
    return rows.list(registry, production) if production else rows.list_all(registry)


def _line(row: AnyRow, now: datetime, studio: ObjectStore | None, places: PlacesBody) -> Line:
    what, usd, hourly = _told(row, now)
    if studio is not None and (further := _under_way(row, studio, places)):
        what = f"{what}; {further}"
    return Line(
        production=row.production,
        kind=row.kind,
        id=row.id,
        status=row.status,
        what=what,
        updated_at=row.updated_at,
        usd=usd,
        usd_per_hour=hourly,
        bills=row.kind == Kind.DEPLOYMENT and _bills(row),
    )


def _told(row: AnyRow, now: datetime) -> tuple[str, float | None, float | None]:
    match row.kind:
        case Kind.RUN:
            run: RunBody = row.body
            return _run(run), run.estimated_usd, None
        case Kind.GENERATION | Kind.APPROVAL:
            return _waiting(row), None, None
        case Kind.DATASET:
            dataset: DatasetBody = row.body
            return _dataset(dataset), dataset.estimated_usd, None
        case Kind.TRAINING:
            training: TrainingBody = row.body
            on = f"on {training.dataset_id}, since {_minute(row.created_at)}"
            return training.reason or on, _cost(training), None
        case Kind.DEPLOYMENT:
            return _deployment(row, now)
    board: StoryboardBody = row.body
    drawn = f"{board.drawn} of {board.panels} panels" if board.drawn is not None else ""
    told = board.reason or drawn or f"{board.panels} panels"
    return ". ".join((told, *board.advice)), board.estimated_usd, None


def _cost(training: TrainingBody) -> float | None:
    """Of captions and training: as billed where the trainer says it, else as quoted."""
    if training.estimated_usd is None:
        return training.quoted_usd
    captions = (part.usd for part in training.agreed_parts if part.name == "captions")
    return training.estimated_usd + sum(usd or 0 for usd in captions)


def _under_way(row: AnyRow, studio: ObjectStore, places: PlacesBody) -> str:
    """The progress of what is being worked on; '' for everything else."""
    match row.kind, row.status:
        case Kind.RUN, RunStatus.RUNNING:
            if waiting := waits_for_a_place(places, row.production, row.id):
                return waiting
            seen = RunObserver(row.body.run, studio).progress()
            parts = f", {seen.chunks_done} of {count(seen.chunks, 'part')} done"
            return seen.stage + (parts if seen.chunks_done < seen.chunks else "")
        case Kind.DATASET, DatasetStatus.ASSEMBLED:
            return f"{answered(studio, row):,} of them captioned"
        case Kind.DATASET, DatasetStatus.CAPTIONED:
            return "its manifest and report are being written"
        case Kind.TRAINING, TrainingStage.IN_PROGRESS:
            return "takes hours; a mail says when the model answers"
    return ""


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _run(run: RunBody) -> str:
    if run.reason:
        return f"{run.run.title}: {run.reason}"
    kept = "" if run.crops_kept is None else f": {run.crops_kept:,} pictures kept"
    return f"{run.run.title}{kept}"


def _waiting(row: AnyRow) -> str:
    if row.kind == Kind.GENERATION:
        generation: GenerationBody = row.body
        last = _minute(generation.last_prepared_at)
        films = count(len(generation.runs), "film")
        return f"{films}, the last prepared {last}; waits for more, then becomes a dataset"
    approval: ApprovalBody = row.body
    until = _minute(approval.expires_at)
    what = f"{approval.purpose} of {approval.subject_id} for {dollars(approval.usd)}"
    return f"waits for your approval until {until}: {what}"


def _dataset(dataset: DatasetBody) -> str:
    pictures = f"{count(dataset.pictures, 'picture')} of {count(len(dataset.films), 'film')}"
    return f"{pictures}: {dataset.reason}" if dataset.reason else pictures


def _bills(found: DeploymentRow) -> bool:
    """Whether the trainer was asked for it and it is not confirmed to be gone."""
    return found.status not in OVER and found.body.provisioning_at is not None


def _deployment(found: DeploymentRow, now: datetime) -> tuple[str, float | None, float | None]:
    body = found.body
    if found.status in OVER:
        return body.reason or "over", body.estimated_usd, None
    if not _bills(found):
        return body.reason or "is about to be deployed; costs nothing yet", None, None
    hours = max(0.0, (body.retires_at - now).total_seconds() / 3600)
    began = body.provisioning_at
    spent = None
    if began is not None and body.unit_usd_hour is not None:
        spent = max(0.0, (now - began).total_seconds() / 3600) * body.unit_usd_hour
    return f"switches itself off in {hours:.1f} h", spent, body.unit_usd_hour

"""One line for each thing of a production: its state, what it cost, and whether it bills now.

`onmodel status`, `onmodel costs` and the home page show these lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from onmodel.contracts.caption_checks import CaptionCheck
from onmodel.contracts.film_rows import RunBody, RunStatus
from onmodel.contracts.keys import DatasetKeys, FilmKeys, StoryboardKeys
from onmodel.contracts.places import PlacesBody
from onmodel.contracts.rows import (
    ApprovalBody,
    ApprovalStatus,
    DatasetBody,
    DatasetStatus,
    GenerationBody,
    GenerationStatus,
    Kind,
    StoryboardBody,
    StoryboardStatus,
    TrainingBody,
    TrainingStage,
)
from onmodel.datasets.caption_words import check_in_words
from onmodel.deployments.lifecycle import OVER
from onmodel.films.places import places_of, waits_for_a_place
from onmodel.formats.wording import count, dollars, sentence, when
from onmodel.overview.dataset_step import DatasetStep, Steps, steps_of
from onmodel.overview.detectors import (
    bills_by_the_hour,
    detector_in_words,
    detectors_to_show,
)
from onmodel.ports.registry import Registry
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
    captions: CaptionCheck | None = None
    """Of a dataset: the scores of its captions before and after the repairs."""

    def as_object(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "production": self.production,
            "kind": self.kind,
            "id": self.id,
            "status": self.status,
            "what": self.what,
            "updated_at": self.updated_at.isoformat(),
            "usd": self.usd,
            "usd_per_hour": self.usd_per_hour,
        }
        if self.captions is not None:
            told["captions"] = self.captions.model_dump(mode="json")
        return told


def rows_to_show(registry: Registry, production: str | None) -> list[AnyRow]:
    """The rows of one production or of all: by production, then as they last changed."""
    found: list[AnyRow] = [
        row
        for rows in SHOWN
        for row in rows_of(registry, production, rows)
        if row.kind not in WAITING or row.status == WAITING[row.kind]
    ]
    found.extend(detectors_to_show(registry, production))
    return sorted(found, key=lambda row: (row.production, row.updated_at))


def rows_of(
    registry: Registry, production: str | None, rows: Rows[BodyT, StatusT]
) -> Iterator[Row[BodyT, StatusT]]:
    """All rows of a kind, of one production or of all."""
    return rows.list(registry, production) if production else rows.list_all(registry)


def lines_of(
    rows: list[AnyRow],
    now: datetime,
    places: PlacesBody,
    steps: Steps,
    progress: Callable[[AnyRow], str] = lambda _row: "",
) -> list[Line]:
    """A line for each row.

    Args:
        rows: as of rows_to_show.
        now: for what bills by the hour.
        places: of the films that are prepared, and of those that wait for their turn.
        steps: as of steps_of.
        progress: of a row that is being worked on, in words; '' when there is nothing to say.
    """
    return _once([_line(row, now, places, steps, progress) for row in rows])


def look(
    registry: Registry,
    production: str | None,
    now: datetime,
    progress: Callable[[AnyRow], str] = lambda _row: "",
) -> list[Line]:
    """The lines of one production or of all; arguments as of lines_of."""
    rows = rows_to_show(registry, production)
    return lines_of(rows, now, places_of(registry), steps_of(rows, registry, now), progress)


def billing(lines: list[Line]) -> list[Line]:
    """What costs money by the hour now."""
    return [line for line in lines if line.bills]


def bills(found: DeploymentRow) -> bool:
    """Whether the trainer was asked for it and it is not confirmed to be gone."""
    return found.status not in OVER and found.body.provisioning_at is not None


def page_key(row: AnyRow) -> str | None:
    """The key of the page that shows a row, a training's loss curve; None while there is none."""
    match row.kind, row.status:
        case Kind.RUN, RunStatus.PREPARED:
            return FilmKeys.of(row.body.run).report
        case Kind.DATASET, DatasetStatus.READY:
            return DatasetKeys(row.production, row.id).report
        case Kind.STORYBOARD, StoryboardStatus.DRAWN:
            return StoryboardKeys(row.production, row.body.name, row.body.take).gallery
        case Kind.TRAINING, _:
            curve: str | None = row.body.loss_curve_key
            return curve
    return None


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


def _line(
    row: AnyRow,
    now: datetime,
    places: PlacesBody,
    steps: Steps,
    progress: Callable[[AnyRow], str],
) -> Line:
    what, usd, hourly = _told(row, now)
    if further := _under_way(row, places, steps, progress):
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
        bills=(row.kind == Kind.DEPLOYMENT and bills(row))
        or (row.kind == Kind.DETECTOR and bills_by_the_hour(row)),
        captions=row.body.caption_check if row.kind == Kind.DATASET else None,
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
            on = f"on {training.dataset_id}, since {when(row.created_at)}"
            lines = (training.reason or on, training.checkpoint_reason)
            return ". ".join(filter(None, lines)), _cost(training), None
        case Kind.DEPLOYMENT | Kind.DETECTOR:
            deployed = row.kind == Kind.DEPLOYMENT
            return _deployment(row, now) if deployed else detector_in_words(row, now)
    board: StoryboardBody = row.body
    drawn = f"{board.drawn} of {board.panels} panels" if board.drawn is not None else ""
    told = board.reason or drawn or f"{board.panels} panels"
    words = " ".join(map(sentence, (told, *board.advice))) if board.advice else told
    return words, board.estimated_usd, None


def _cost(training: TrainingBody) -> float | None:
    """Of captions and training: as billed where the trainer says it, else as quoted."""
    if training.estimated_usd is None:
        return training.quoted_usd
    captions = (part.usd for part in training.agreed_parts if part.name == "captions")
    return training.estimated_usd + sum(usd or 0 for usd in captions)


def _under_way(
    row: AnyRow, places: PlacesBody, steps: Steps, progress: Callable[[AnyRow], str]
) -> str:
    """The progress of what is being worked on; '' for everything else."""
    match row.kind, row.status:
        case Kind.RUN, RunStatus.RUNNING:
            return waits_for_a_place(places, row.production, row.id) or progress(row)
        case Kind.DATASET, _ if step := steps.get((row.production, row.id)):
            return (progress(row) if step is DatasetStep.CAPTIONED else "") or step
        case Kind.TRAINING, TrainingStage.IN_PROGRESS:
            return "takes hours; a mail says when the model answers"
    return ""


def _run(run: RunBody) -> str:
    if run.reason:
        return f"{run.run.title}: {run.reason}"
    kept = "" if run.crops_kept is None else f": {run.crops_kept:,} pictures kept"
    return f"{run.run.title}{kept}"


def _waiting(row: AnyRow) -> str:
    if row.kind == Kind.GENERATION:
        generation: GenerationBody = row.body
        last = when(generation.last_prepared_at)
        films = count(len(generation.runs), "film")
        return f"{films}, the last prepared {last}; waits for more, then becomes a dataset"
    approval: ApprovalBody = row.body
    until = when(approval.expires_at)
    cost = "" if approval.purpose == "review" else f" for {dollars(approval.usd)}"
    return (
        f"waits for your approval until {until}: {approval.purpose} of {approval.subject_id}{cost}"
    )


def _dataset(dataset: DatasetBody) -> str:
    pictures = f"{count(dataset.pictures, 'picture')} of {count(len(dataset.films), 'film')}"
    if dataset.reason:
        return f"{pictures}: {dataset.reason}"
    if dataset.caption_check is None:
        return pictures
    return f"{pictures}; {check_in_words(dataset.caption_check).rstrip('.')}"


def _deployment(found: DeploymentRow, now: datetime) -> tuple[str, float | None, float | None]:
    body = found.body
    if found.status in OVER:
        return body.reason or "over", body.estimated_usd, None
    if not bills(found):
        return body.reason or "is about to be deployed; costs nothing yet", None, None
    hours = max(0.0, (body.retires_at - now).total_seconds() / 3600)
    began = body.provisioning_at
    spent = None
    if began is not None and body.unit_usd_hour is not None:
        spent = max(0.0, (now - began).total_seconds() / 3600) * body.unit_usd_hour
    return f"switches itself off in {hours:.1f} h", spent, body.unit_usd_hour

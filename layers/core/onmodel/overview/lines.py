"""One line for each thing of a production: its state, what it cost, and whether it bills now.

`onmodel status`, `onmodel costs` and the home page show these lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from onmodel.contracts.caption_checks import CaptionCheck
from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.keys import DatasetKeys, FilmKeys, StoryboardKeys
from onmodel.contracts.places import PlacesBody
from onmodel.contracts.rows import (
    ApprovalStatus,
    DatasetStatus,
    GenerationStatus,
    Kind,
    StoryboardStatus,
)
from onmodel.films.places import places_of
from onmodel.overview.dataset_step import Steps, steps_of
from onmodel.overview.detectors import bills_by_the_hour, detectors_to_show
from onmodel.overview.row_words import bills, progress_in_words, row_in_words
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import (
    APPROVALS,
    DATASETS,
    DEPLOYMENTS,
    GENERATIONS,
    RUNS,
    STORYBOARDS,
    TRAININGS,
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
    what, usd, hourly = row_in_words(row, now)
    if further := progress_in_words(row, places, steps, progress):
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

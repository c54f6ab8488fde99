"""Everything of a production or of a stack, as `onmodel status` and the home page show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.rows import Kind, TrainingStage
from onmodel.films.places import places_of
from onmodel.overview.coming import Coming, QuietOf, coming_next
from onmodel.overview.dataset_step import steps_of
from onmodel.overview.lines import Line, billing, lines_of, rows_to_show
from onmodel.ports.registry import Registry
from onmodel.registry.rows import AnyRow

PAID: frozenset[tuple[str, str]] = frozenset(
    {(Kind.RUN, RunStatus.PREPARED), (Kind.TRAINING, TrainingStage.COMPLETED)}
)
"""What was paid for; without a price the sum is a lower bound."""


@dataclass(frozen=True)
class Spent:
    """By our counts and the price book; `is_all` is False when a price is missing."""

    usd: float
    is_all: bool


@dataclass(frozen=True)
class Overview:
    """The rows, a line for each, and what comes next."""

    rows: tuple[AnyRow, ...]
    lines: tuple[Line, ...]
    coming: tuple[Coming, ...]

    @property
    def billing(self) -> list[Line]:
        """What costs money by the hour now."""
        return billing(list(self.lines))

    @property
    def spent(self) -> Spent:
        """The sum of all lines; a training that runs counts with its quote."""
        missing = any(line.usd is None and _is_paid(line) for line in self.lines)
        return Spent(sum(line.usd or 0.0 for line in self.lines), not missing)

    def of(self, production: str) -> Overview:
        """The part of one production."""
        return Overview(
            tuple(row for row in self.rows if row.production == production),
            tuple(line for line in self.lines if line.production == production),
            tuple(one for one in self.coming if one.production == production),
        )

    @property
    def productions(self) -> list[str]:
        """Ids of the productions that have anything, sorted."""
        return sorted({line.production for line in self.lines})


def gather(
    registry: Registry,
    production: str | None,
    *,
    now: datetime,
    quiet_of: QuietOf,
    progress: Callable[[AnyRow], str] = lambda _row: "",
) -> Overview:
    """Read everything of one production; of all when it is None.

    Args:
        registry: holds the rows.
        production: its id.
        now: for what bills by the hour.
        quiet_of: when the films of a production become a dataset.
        progress: as of lines_of.
    """
    rows = rows_to_show(registry, production)
    steps = steps_of(rows, registry, now)
    return Overview(
        rows=tuple(rows),
        lines=tuple(lines_of(rows, now, places_of(registry), steps, progress)),
        coming=tuple(coming_next(rows, quiet_of, steps)),
    )


def _is_paid(line: Line) -> bool:
    return line.bills or (line.kind, line.status) in PAID

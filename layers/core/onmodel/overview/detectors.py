"""Custom Labels models in the overview: which run, for how many films, and what no film paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from onmodel.contracts.detectors import DetectorStage
from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.films.detector_hours import with_unit_hours
from onmodel.formats.wording import count
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import DETECTORS, DetectorRow


def detectors_to_show(registry: Registry, production: str | None) -> Iterator[DetectorRow]:
    """Models that run, or that cost something which is in no film's bill.

    Args:
        registry: holds the rows, which belong to no production.
        production: whose films need the model; None: of all.
    """
    for row in DETECTORS.list(registry, MAIN_PRODUCTION):
        is_idle = row.status == DetectorStage.STOPPED and not row.body.other_unit_hours
        of_it = any(lease.production == production for lease in row.body.leases)
        if not is_idle and (production is None or of_it):
            yield row


def bills_by_the_hour(row: DetectorRow) -> bool:
    """Whether onmodel started the model, and it is not confirmed to be stopped."""
    return row.body.is_ours and row.status != DetectorStage.STOPPED


def detector_in_words(row: DetectorRow, now: datetime) -> tuple[str, float | None, float | None]:
    """What is told of a model, what it cost beside the films' own bills, and costs by the hour."""
    body = row.body
    hourly = None if body.unit_usd_hour is None else body.unit_usd_hour * body.units
    if not bills_by_the_hour(row):
        films = count(len(body.leases), "film")
        used = f"was started by somebody else, and is used by {films}; {body.model}"
        return (body.model if row.status == DetectorStage.STOPPED else used), _usd(row), None
    ends = max((lease.until for lease in body.leases), default=None)
    if ends is None or ends <= now:
        return f"is being stopped; {body.model}", _usd(row), hourly
    hours = (ends - now).total_seconds() / 3600
    needed = f"is needed by {count(len(body.leases), 'film')}, for {hours:.1f} h at most"
    return f"{needed}; {body.model}", _usd(row, now), hourly


def _usd(row: DetectorRow, now: datetime | None = None) -> float | None:
    """Of the hours that are in no film's bill; with `now`, of the films' hours so far too."""
    body = row.body if now is None else with_unit_hours(row.body, now)
    if body.unit_usd_hour is None:
        return None
    running = sum(lease.unit_hours for lease in body.leases) if now else 0.0
    return (body.other_unit_hours + running) * body.unit_usd_hour

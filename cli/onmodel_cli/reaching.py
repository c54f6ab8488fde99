"""`onmodel run --until dataset|model`: follow what a prepared film leads to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from enum import StrEnum
from operator import attrgetter
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from onmodel.contracts.rows import DatasetStatus
from onmodel.environment import Models
from onmodel.errors import RefusedError
from onmodel.films.settings import settings_in_force
from onmodel.formats.wording import ASKED_ABOUT, dollars, when
from onmodel.wiring import now
from onmodel_cli.connection import Connection
from onmodel_cli.harvest import Harvest, harvest
from onmodel_cli.journey import COLLECTING, Journey, Place
from onmodel_cli.results import Result
from onmodel_cli.run import POLL_LOCAL_SECONDS, POLL_SECONDS
from onmodel_cli.waiting import show_stages


class Until(StrEnum):
    """What `onmodel run` waits for."""

    FILM = "film"
    DATASET = "dataset"
    MODEL = "model"


class NotReached(RefusedError):
    """Raised when a film's generation ended before what was waited for."""


def follow_to(
    until: Until, result: Result, connection: Connection, output: Path, console: Console
) -> Harvest:
    """Follow a film's generation to its dataset, or to the model's first storyboard.

    A question about money is shown, and waited for: a mail has its link.

    Raises:
        NotReached: it ended before, with the reason; or nothing starts by itself.
        ServiceError, StillRunning: as the journey says.
    """
    journey = Journey(
        production=result.run.production,
        run_id=result.run.run_id,
        registry=connection.registry,
        studio=connection.studio,
        executions=connection.executions,
        clock=now,
        sleep=time.sleep,
        monotonic=time.monotonic,
        every_seconds=POLL_LOCAL_SECONDS if connection.local else POLL_SECONDS,
    )
    _must_start(until, journey, result, connection)
    places = _until(until, journey.watch(), connection, console)
    last = show_stages(console, places, attrgetter("stage"), COLLECTING)
    if last is None or not _is_reached(until, last):
        production = result.run.production
        raise NotReached(
            f"There is no {until} of this film: {last.end if last else 'nothing is known'}",
            f"See `onmodel status -p {production}`; `onmodel train -p {production}` tries again",
        )
    return harvest(last, result.run.production, connection.studio, output)


def _must_start(until: Until, journey: Journey, result: Result, connection: Connection) -> None:
    """Raises NotReached when nothing starts by itself, and nothing has."""
    production = result.run.production
    if result.summary.crops_kept == 0:
        raise NotReached(
            f"The film is prepared, but no {until} follows: no picture was kept",
            "The report says why",
        )
    allowed = connection.environment.read(Models).allowed
    settings = settings_in_force(production, connection.studio, allowed)
    if not settings.training.automatic and journey.look().stage == COLLECTING:
        raise NotReached(
            f"The film is prepared, but no {until} follows by itself: training.automatic is false",
            f"`onmodel train -p {production}` makes a dataset and trains on it",
        )


def _until(
    until: Until, places: Iterator[Place], connection: Connection, console: Console
) -> Iterator[Place]:
    shown: set[str] = set()
    for place in places:
        asked = place.approval
        if asked is not None and asked.id not in shown:
            shown.add(asked.id)
            where = " (`onmodel local mails`)" if connection.local else ""
            usd = asked.body.usd
            cost = "" if asked.body.purpose == "review" else f" for at most {dollars(usd)}"
            console.print(
                f"[yellow]?[/] A mail asks{where}: {ASKED_ABOUT[asked.body.purpose]}{cost},"
                f" until {when(asked.body.expires_at)}?"
                f" [dim]{escape(asked.body.why)}[/]"
            )
        yield place
        if _is_reached(until, place):
            return


def _is_reached(until: Until, place: Place) -> bool:
    if until is Until.MODEL:
        return place.is_drawn
    return place.dataset is not None and place.dataset.status == DatasetStatus.READY

"""`onmodel run`: upload a film, follow its preparation, fetch the results."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from onmodel.contracts.films import Run
from onmodel.contracts.rows import RunStatus
from onmodel.environment import Models
from onmodel.films.folders import production_of
from onmodel.films.identity import film_of, living_place
from onmodel.films.planning import plan_run
from onmodel.films.settings import uploaded_settings
from onmodel.films.upload_layout import FilmFile
from onmodel.ports.storage import ObjectInfo
from onmodel.registry.kinds import FILMS, RUNS
from onmodel_cli import bars, results
from onmodel_cli.connection import Connection
from onmodel_cli.following import Follower
from onmodel_cli.results import Result
from onmodel_cli.uploading import (
    Film,
    check_film,
    production_folder,
    read_film,
    upload_film,
    upload_references,
    upload_settings,
)

POLL_SECONDS = 2.0
POLL_LOCAL_SECONDS = 0.5


@dataclass(frozen=True)
class Wish:
    """What the user asked for."""

    film: Path
    production: str
    characters: Path | None = None
    settings: Path | None = None
    output: Path = Path("onmodel-out")
    pictures: bool = True


def prepare_film(wish: Wish, connection: Connection, console: Console) -> tuple[Result, bool]:
    """Prepare a film with PrepareFilm.

    Returns:
        The result, and whether it existed before: then nothing was uploaded or paid for.

    Raises:
        RefusedError: film, settings or references cannot be used.
        ServiceError, StillRunning: as the follower says.
    """
    warnings: list[str] = []

    def warn(text: str) -> None:
        warnings.append(text)
        console.print(f"[yellow]![/] {escape(text)}")

    folder = production_folder(wish.production, connection.registry)
    with bars.byte_bar(console, f"Reading {wish.film.name}", _size(wish.film)) as progress:
        film = read_film(wish.film, folder, progress)
    check_film(wish.film)
    if wish.settings:
        upload_settings(
            wish.settings,
            folder,
            connection.uploads,
            connection.environment.read(Models).allowed,
            warn,
        )
        console.print(f"[green]✓[/] Settings {wish.settings}")
    if wish.characters:
        sent = upload_references(wish.characters, folder, connection.uploads, warn)
        shown = ", ".join(f"{name} ({number})" for name, number in sent.items())
        console.print(f"[green]✓[/] References: {shown}")
    known = _prepared(film, connection)
    run = known or _upload_and_watch(film, connection, console)
    with bars.total_bar(console, "Fetching report and pictures") as progress_files:
        result = results.fetch_result(
            run,
            connection.studio,
            wish.output,
            pictures=wish.pictures,
            progress=progress_files,
        )
    return replace(result, warnings=tuple(warnings)), known is not None


def _upload_and_watch(film: Film, connection: Connection, console: Console) -> Run:
    started = datetime.now(UTC)
    with bars.byte_bar(console, f"Uploading {film.path.name}", film.size) as progress:
        info = upload_film(film, connection, progress)
    run = _plan(film, info, connection)
    follower = Follower(
        run=run,
        uploaded_at=info.last_modified or started,
        studio=connection.studio,
        registry=connection.registry,
        executions=connection.executions,
        sleep=time.sleep,
        monotonic=time.monotonic,
        every_seconds=POLL_LOCAL_SECONDS if connection.local else POLL_SECONDS,
    )
    bars.show_run(console, follower.watch())
    return _recorded(run, connection)


def _prepared(film: Film, connection: Connection) -> Run | None:
    """The prepared run of this content under these settings, while the bucket still has it."""
    info = ObjectInfo(key=film.key, size=film.size, etag="", checksum_crc64nvme=film.checksum)
    run = _plan(film, info, connection)
    known = FILMS.read(connection.registry, run.production, run.film_id)
    if known is None or living_place(known, connection.uploads) is None:
        return None
    row = RUNS.read(connection.registry, run.production, run.run_id)
    return row.body.run if row is not None and row.status == RunStatus.PREPARED else None


def _plan(film: Film, info: ObjectInfo, connection: Connection) -> Run:
    place = FilmFile(folder=film.folder, file_name=film.name)
    production = production_of(film.folder, connection.registry)
    settings = uploaded_settings(
        production, connection.uploads, connection.environment.read(Models).allowed
    )
    return plan_run(
        place,
        info,
        production=production,
        film_id=film_of(production.id, info, connection.registry),
        settings=settings,
        uploads=connection.uploads,
        correlation_id="command-line",
    )


def _recorded(run: Run, connection: Connection) -> Run:
    """The run's row in the stack, with the correlation id of the upload's event."""
    row = RUNS.read(connection.registry, run.production, run.run_id)
    return row.body.run if row else run


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0

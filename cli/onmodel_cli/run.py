"""`onmodel run`: upload films, follow their preparation, fetch the results."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.films import Run
from onmodel.environment import Models
from onmodel.films.folders import production_of
from onmodel.films.identity import film_of, living_place
from onmodel.films.planning import plan_run
from onmodel.films.settings import uploaded_settings
from onmodel.films.upload_layout import FilmFile
from onmodel.ports.storage import ObjectInfo
from onmodel.registry.kinds import FILMS, REFERENCES, RUNS
from onmodel_cli import bars, results
from onmodel_cli.connection import Connection
from onmodel_cli.following import Follower
from onmodel_cli.local_films import Film, check_film, films_at, read_film
from onmodel_cli.results import Result
from onmodel_cli.uploading import (
    production_folder,
    upload_film,
    upload_references,
    upload_settings,
)

POLL_SECONDS = 2.0
POLL_LOCAL_SECONDS = 0.5


@dataclass(frozen=True)
class Wish:
    """What the user asked for. `films` may be folders."""

    films: tuple[Path, ...]
    production: str
    characters: Path | None = None
    settings: Path | None = None
    output: Path = Path("onmodel-out")
    pictures: bool | None = None
    """Whether kept pictures are copied too; None for the first of them."""
    are_named: bool = False
    """Names were saved before: references are not missed."""


@dataclass(frozen=True)
class Prepared:
    """A film's result, and whether it existed before: then nothing was uploaded or paid for."""

    result: Result
    again: bool


@dataclass(frozen=True)
class _Sent:
    """A film whose run is prepared already, or that was uploaded and is followed."""

    run: Run
    follower: Follower | None


def prepare_films(wish: Wish, connection: Connection, console: Console) -> list[Prepared]:
    """Prepare films with PrepareFilm. All are read and checked before the first is sent.

    Raises:
        RefusedError: a film, the settings or the references cannot be used.
        ServiceError, StillRunning: as the follower says.
    """
    warnings: list[str] = []

    def warn(text: str) -> None:
        warnings.append(text)
        console.print(f"[yellow]![/] {escape(text)}")

    folder = production_folder(wish.production, connection.registry)
    films = [_read(path, folder, console) for path in films_at(wish.films)]
    _send_others(wish, folder, connection, console, warn)
    sent = [_send(film, connection, console) for film in films]
    done = []
    for each in sent:
        if each.follower is not None:
            bars.show_run(console, each.follower.watch())
        run = _recorded(each.run, connection)
        with bars.total_bar(console, "Fetching report and pictures") as progress:
            result = results.fetch_result(
                run,
                connection.studio,
                wish.output,
                pictures=wish.pictures,
                progress=progress,
            )
        result = replace(result, warnings=tuple(warnings))
        done.append(Prepared(result, again=each.follower is None))
    return done


def _read(path: Path, folder: str, console: Console) -> Film:
    with bars.byte_bar(console, f"Reading {path.name}", _size(path)) as progress:
        film = read_film(path, folder, progress)
    check_film(path)
    return film


def _send_others(
    wish: Wish,
    folder: str,
    connection: Connection,
    console: Console,
    warn: Callable[[str], None],
) -> None:
    """Settings and references, before the films that they are for."""
    if wish.settings:
        models = connection.environment.read(Models).allowed
        upload_settings(wish.settings, folder, connection.uploads, models, warn)
        console.print(f"[green]✓[/] Settings {wish.settings}")
    if wish.characters:
        sent = upload_references(wish.characters, folder, connection.uploads, warn)
        shown = ", ".join(f"{name} ({number})" for name, number in sent.items())
        console.print(f"[green]✓[/] References: {shown}")
    elif not wish.are_named and (advice := _advice_without_references(folder, connection)):
        console.print(f"[yellow]![/] No character has pictures yet, {advice}")


def _advice_without_references(folder: str, connection: Connection) -> str:
    """What to do where the production has no references, neither pictures nor places in films."""
    registry = connection.registry
    production = production_of(folder, registry)
    if any(True for _ in REFERENCES.list(registry, production.id)):
        return ""
    models = connection.environment.read(Models).allowed
    settings = uploaded_settings(production, connection.uploads, models)
    if any(role.references for role in settings.characters.values()):
        return ""
    if "cluster" in settings.naming.kind and settings.naming.cluster.names:
        return ""
    if "cluster" in settings.naming.kind:
        return (
            "so nobody is named. The film's report shows groups of pictures that look alike, and"
            " for each the line of settings.yaml that names it."
        )
    return (
        "so nobody is named. Make a folder for each with three pictures of it, and give it with"
        " `--characters DIR`."
    )


def _send(film: Film, connection: Connection, console: Console) -> _Sent:
    known = _prepared(film, connection)
    if known is not None:
        return _Sent(known, None)
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
    return _Sent(run, follower)


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

"""`onmodel storyboard`: upload a storyboard, follow its drawing, fetch the gallery."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from onmodel.contracts.keys import StoryboardKeys, as_typed
from onmodel.contracts.rows import StoryboardStatus
from onmodel.deployments.lifecycle import LIVE
from onmodel.errors import ServiceError, SettingsRefused, StillRunning
from onmodel.films.upload_layout import key_in
from onmodel.formats.user_yaml import check_size, user_yaml_notices
from onmodel.formats.wording import count
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import DEPLOYMENTS, STORYBOARDS, StoryboardRow
from onmodel.storyboards.naming import storyboard_name
from onmodel.storyboards.planning import parse_storyboard
from onmodel_cli import options, speaking
from onmodel_cli.connection import Connection
from onmodel_cli.options import open_stack, production_id
from onmodel_cli.results import print_object
from onmodel_cli.uploading import check_key, production_folder

WATCH_SECONDS = 3600.0
POLL_SECONDS = 2.0


def storyboard(
    file: Annotated[Path, typer.Argument(help="Storyboard in YAML.", show_default=False)],
    production: options.Production,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where the gallery is copied to.")
    ] = Path("onmodel-out"),
    wait: Annotated[bool, typer.Option(help="Watch until it is drawn.")] = True,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Draw a storyboard. Without a deployed model a mail asks for approval of the costs first."""
    with speaking.plain_errors():
        if not file.is_file():
            raise SettingsRefused(f"There is no storyboard at {file}", "Check the path")
        check_size(file.stat().st_size, file.name)
        text = file.read_bytes()
        board = parse_storyboard(text, file.name)
        for notice in user_yaml_notices(text, file.name):
            speaking.say(f"[yellow]![/] {escape(f'{file.name}, {notice}')}")
        connection = open_stack(stack, region, local)
        place = production_id(production, connection.registry)
        file_name = as_typed(f"{file.stem}.yaml")
        check_key(file_name)
        name = storyboard_name(as_typed(file.stem), place, connection.registry)
        before = {row.id for row in _takes(connection, place, name)}
        folder = production_folder(production, connection.registry)
        key = key_in(folder, "storyboards", file_name)
        connection.uploads.put(key, text, "application/yaml")
        speaking.say(f"[green]✓[/] {count(len(board.scenes), 'scene')} uploaded")
        if not any(found.status in LIVE for found in DEPLOYMENTS.list(connection.registry, place)):
            speaking.say("No model is deployed. A mail asks whether to deploy one, and its cost.")
            return
        if not wait:
            return
        with speaking.err.status("Drawing"):
            row = until_drawn(connection, place, name, before, time.sleep, time.monotonic)
        gallery = fetch_gallery(row, connection.studio, output)
        if as_json:
            print_object({"storyboard": row.id, "gallery": str(gallery)})
        else:
            speaking.out.print(f"[bold]Gallery[/] {gallery.as_uri()}")


def fetch_gallery(row: StoryboardRow, studio: ObjectStore, output: Path) -> Path:
    """Copy a take with all its pictures; returns the page's path."""
    keys = StoryboardKeys(row.production, row.body.name, row.body.take)
    folder = (output / row.production / "storyboards" / row.id).resolve()
    for info in studio.list(f"{keys.take}/"):
        path = folder / info.key.removeprefix(f"{keys.take}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(studio.get(info.key))
    return folder / keys.gallery.removeprefix(f"{keys.take}/")


def _takes(connection: Connection, production: str, name: str) -> list[StoryboardRow]:
    return [
        row for row in STORYBOARDS.list(connection.registry, production) if row.body.name == name
    ]


def until_drawn(
    connection: Connection,
    production: str,
    name: str,
    before: set[str],
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
) -> StoryboardRow:
    """The take that is drawn now.

    Raises:
        ServiceError: drawing failed.
        StillRunning: it takes longer than an hour.
    """
    end = monotonic() + WATCH_SECONDS
    while monotonic() < end:
        for row in _takes(connection, production, name):
            if row.id in before:
                continue
            if row.status == StoryboardStatus.DRAWN:
                return row
            if row.status == StoryboardStatus.FAILED:
                reason = row.body.reason or "see the log"
                raise ServiceError(f"{row.id} could not be drawn: {reason}")
        sleep(0.5 if connection.local else POLL_SECONDS)
    raise StillRunning(f"{name} is not drawn yet. It goes on; a mail follows")

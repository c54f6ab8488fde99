"""`onmodel storyboard`: upload a storyboard, watch it being drawn, fetch the gallery."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from onmodel.contracts.keys import StoryboardKeys, slug
from onmodel.contracts.rows import Kind, StoryboardBody, StoryboardStatus
from onmodel.deployments.lifecycle import LIVE, deployments_of
from onmodel.errors import ServiceError, SettingsRefused, StillRunning
from onmodel.formats.wording import count
from onmodel.ports.registry import Record
from onmodel.ports.storage import ObjectStore
from onmodel.storyboards.planning import parse_storyboard
from onmodel_cli import options, speaking
from onmodel_cli.connection import Connection
from onmodel_cli.options import open_stack, production_slug
from onmodel_cli.results import print_object
from onmodel_cli.uploading import production_folder

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
        text = file.read_bytes()
        board = parse_storyboard(text, file.name)
        connection = open_stack(stack, region, local)
        place = production_slug(production)
        name = slug(file.stem)
        before = {record.id for record in _takes(connection, place, name)}
        key = f"{production_folder(production, connection.registry)}/storyboards/{name}.yaml"
        connection.uploads.put(key, text, "application/yaml")
        speaking.say(f"[green]✓[/] {count(len(board.scenes), 'scene')} uploaded")
        if not any(found.stage in LIVE for found in deployments_of(connection.registry, place)):
            speaking.say("No model is deployed. A mail asks whether to deploy one, and its cost.")
            return
        if not wait:
            return
        with speaking.err.status("Drawing"):
            record = _until_drawn(connection, place, name, before, time.sleep, time.monotonic)
        gallery = fetch_gallery(record, connection.studio, output)
        if as_json:
            print_object({"storyboard": record.id, "gallery": str(gallery)})
        else:
            speaking.out.print(f"[bold]Gallery[/] {gallery.as_uri()}")


def fetch_gallery(record: Record, studio: ObjectStore, output: Path) -> Path:
    """Copy a take with all its pictures; returns the page's path."""
    body = StoryboardBody.model_validate(record.body)
    keys = StoryboardKeys(record.production, body.name, body.take)
    folder = (output / record.production / "storyboards" / record.id).resolve()
    for info in studio.list(f"{keys.take}/"):
        path = folder / info.key.removeprefix(f"{keys.take}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(studio.get(info.key))
    return folder / keys.gallery.removeprefix(f"{keys.take}/")


def _takes(connection: Connection, production: str, name: str) -> list[Record]:
    return [
        record
        for record in connection.registry.list(production, Kind.STORYBOARD)
        if StoryboardBody.model_validate(record.body).name == name
    ]


def _until_drawn(
    connection: Connection,
    production: str,
    name: str,
    before: set[str],
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
) -> Record:
    """Raises ServiceError when drawing failed, StillRunning when it takes too long."""
    end = monotonic() + WATCH_SECONDS
    while monotonic() < end:
        for record in _takes(connection, production, name):
            if record.id in before:
                continue
            if record.status == StoryboardStatus.DRAWN:
                return record
            if record.status == StoryboardStatus.FAILED:
                reason = StoryboardBody.model_validate(record.body).reason
                raise ServiceError(f"{record.id} could not be drawn: {reason or 'see the log'}")
        sleep(0.5 if connection.local else POLL_SECONDS)
    raise StillRunning(f"{name} is not drawn yet. It goes on; a mail follows")

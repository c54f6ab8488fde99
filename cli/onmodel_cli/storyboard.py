"""`onmodel storyboard`: check a storyboard, upload it, follow its drawing, fetch the gallery."""

from __future__ import annotations

import time
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from onmodel.contracts.keys import StoryboardKeys, as_typed, execution_arn
from onmodel.contracts.storyboards import Storyboard, StoryboardRequest
from onmodel.environment import Machines
from onmodel.errors import ServiceError, SettingsRefused
from onmodel.films.upload_layout import key_in
from onmodel.formats.user_yaml import check_size, user_yaml_notices
from onmodel.formats.wording import count, dollars, when
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import STORYBOARDS, StoryboardRow
from onmodel.storyboards.drawers import Drawers
from onmodel.storyboards.naming import drawing_name, storyboard_name
from onmodel.storyboards.planning import parse_storyboard
from onmodel.wiring import now
from onmodel_cli import options, speaking
from onmodel_cli.checked_here import checked_here, no_file
from onmodel_cli.connection import Connection
from onmodel_cli.drawing import DrawingPlace, StoryboardFollower
from onmodel_cli.options import open_stack, production_id
from onmodel_cli.uploading import check_key, production_folder
from onmodel_cli.waiting import show_stages

POLL_SECONDS = 2.0
POLL_LOCAL_SECONDS = 0.5


def storyboard(
    file: Annotated[Path, typer.Argument(help="Storyboard in YAML.", show_default=False)],
    production: options.Production,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where the gallery is copied to.")
    ] = Path("onmodel-out"),
    wait: Annotated[
        bool, typer.Option(help="Watch until it is drawn, refused, or a mail asks about its cost.")
    ] = True,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Draw a storyboard. Without a deployed model a mail asks for approval of the costs first.

    What the stack would refuse is not uploaded.
    """
    with speaking.plain_errors(as_json):
        text, board = _read(file)
        connection = open_stack(stack, region, local)
        place = production_id(production, connection.registry)
        with checked_here(file):
            _check(board, place, connection)
        folder = production_folder(production, connection.registry)
        follower = send_storyboard(text, file, folder, place, connection)
        speaking.say(f"[green]✓[/] {count(len(board.scenes), 'scene')} uploaded")
        if not wait:
            speaking.say(f"A mail says when it is drawn: `onmodel status -p {place}`.")
            found = None
        else:
            found = show_drawing(follower, speaking.err)
        _tell(found, place, connection, output, as_json)


def send_storyboard(
    text: bytes, file: Path, folder: str, production: str, connection: Connection
) -> StoryboardFollower:
    """Upload a storyboard; returns what follows its drawing.

    Args:
        text: its content.
        file: gives the object its name.
        folder: of the production in the uploads bucket, as typed.
        production: its id.
        connection: to the stack.
    """
    name = as_typed(f"{file.stem}.yaml")
    check_key(name)
    key = key_in(folder, "storyboards", name)
    called = storyboard_name(as_typed(file.stem), production, connection.registry)
    takes = STORYBOARDS.list(connection.registry, production)
    before = frozenset(take.id for take in takes if take.body.name == called)
    connection.uploads.put(key, text, "application/yaml")
    machine = connection.environment.read(Machines).draw_storyboard_arn
    return StoryboardFollower(
        execution_arn=execution_arn(machine, drawing_name(name, connection.uploads.head(key))),
        production=production,
        name=called,
        before=before,
        registry=connection.registry,
        studio=connection.studio,
        executions=connection.executions,
        sleep=time.sleep,
        monotonic=time.monotonic,
        every_seconds=POLL_LOCAL_SECONDS if connection.local else POLL_SECONDS,
    )


def show_drawing(follower: StoryboardFollower, console: Console) -> DrawingPlace | None:
    """Show how far it is until it is drawn, or waits for a person; its errors pass through."""
    return show_stages(console, follower.watch(), attrgetter("stage"), "waiting for the stack")


def fetch_gallery(row: StoryboardRow, studio: ObjectStore, output: Path) -> Path:
    """Copy a take with all its pictures; returns the page's path."""
    keys = StoryboardKeys(row.production, row.body.name, row.body.take)
    folder = (output / row.production / "storyboards" / row.id).resolve()
    for info in studio.list(f"{keys.take}/"):
        path = folder / info.key.removeprefix(f"{keys.take}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(studio.get(info.key))
    return folder / keys.gallery.removeprefix(f"{keys.take}/")


def drawn_take(place: DrawingPlace | None) -> StoryboardRow:
    """Raises ServiceError when nothing was drawn."""
    if place is None or place.take is None or not place.is_drawn:
        raise ServiceError(f"It was not drawn: {place.stage if place else 'nothing is known'}")
    return place.take


def _read(file: Path) -> tuple[bytes, Storyboard]:
    """Raises SettingsRefused with every fault of the file."""
    if not file.is_file():
        raise SettingsRefused(*no_file(file, "storyboard"))
    with checked_here(file):
        check_size(file.stat().st_size, file.name)
        text = file.read_bytes()
        board = parse_storyboard(text, file.name)
    for notice in user_yaml_notices(text, file.name):
        speaking.say(f"[yellow]![/] {escape(f'{file.name}, {notice}')}")
    return text, board


def _check(board: Storyboard, production: str, connection: Connection) -> None:
    """What the state machine would refuse, by its own code.

    Raises:
        SettingsRefused: unknown characters, a size that nobody draws, no trained model …
    """
    drawers = Drawers(
        connection.registry, connection.studio, connection.services.trainer_rules, now
    )
    request = StoryboardRequest(production=production, correlation_id="command-line")
    drawers.check(board, request)


def _tell(
    found: DrawingPlace | None,
    production: str,
    connection: Connection,
    output: Path,
    as_json: bool,
) -> None:
    if found is not None and found.take is not None and found.is_drawn:
        gallery = fetch_gallery(found.take, connection.studio, output)
        if as_json:
            told = {"status": "drawn", "storyboard": found.take.id, "gallery": str(gallery)}
            speaking.print_object(told)
        else:
            speaking.out.print(f"[bold]Gallery[/] {gallery.as_uri()}")
        return
    asked = found.asked if found is not None else None
    if as_json:
        usd = asked.body.usd if asked is not None else None
        status = found.stage if found is not None else "uploaded"
        speaking.print_object({"status": status, "usd": usd})
    if asked is not None:
        body = asked.body
        where = " (`onmodel local mails`)" if connection.local else ""
        speaking.say(
            f"A mail asks{where} whether to draw it for at most {dollars(body.usd)}; nothing is"
            f" spent before you approve, until {when(body.expires_at)}. Then it is drawn, and a"
            f" mail has the link: `onmodel status -p {production}`."
        )

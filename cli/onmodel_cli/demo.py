"""`onmodel demo`: the whole way on this machine, with a real film and without an account."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from onmodel.errors import FilmRefused
from onmodel.keys import slug
from onmodel.wording import dollars, duration
from onmodel_cli import local_stack, results
from onmodel_cli.bars import file_bar
from onmodel_cli.connection import connect, use_endpoint
from onmodel_cli.run import Wish, prepare

if TYPE_CHECKING:
    from onmodel_local.daemon import RunningStack

CACHE = Path(".cache") / "films"
BUNNY = "big-buck-bunny"
MAIL_SECONDS = 20  # the film is prepared a moment before its mail is sent

SIMULATED = """\
[bold]Real:[/] the film, the template, the state machines, every function and object, roles and \
mails. Frames are decoded, judged and cut as on AWS.
[bold]Simulated:[/] Rekognition and Bedrock. Stand-ins on this machine find figures (YuNet faces, \
salient regions) and compare pictures (colours, shapes). They are cruder than AWS's models and \
say nothing about those. Costs are what AWS would ask."""


@dataclass(frozen=True)
class Demo:
    """What is shown, and where it goes."""

    film: Path | None
    output: Path
    keep: bool


def play(demo: Demo, console: Console) -> results.Result:
    """Start the stack, prepare a film, leave report and mails in the output folder.

    Raises:
        RefusedError, ServiceError: as `onmodel run`.
    """
    started = time.monotonic()
    console.print(Panel(SIMULATED, title="onmodel demo", border_style="dim"), soft_wrap=False)
    wish = _own(demo) if demo.film else _bunny(demo, console)
    before = local_stack.find()
    with console.status("Starting the local stack and deploying template.yaml"):
        running = local_stack.start()
    console.print(f"[green]✓[/] Local stack at {running.endpoint_url}, template.yaml deployed")
    try:
        use_endpoint(running.endpoint_url)
        connection = connect("onmodel", None, local=True)
        result, again = prepare(wish, connection, console)
        mails = _mails(running, demo.output / "mails", console, expected=not again)
        results.show(result, console, again=again)
        _close(result, mails, console)
    finally:
        if before is None and not demo.keep:
            local_stack.stop()
            console.print("[dim]The local stack is stopped (--keep leaves it running).[/]")
    console.print(f"[dim]{duration(time.monotonic() - started)}[/]")
    return result


def _bunny(demo: Demo, console: Console) -> Wish:
    """Big Buck Bunny with its four characters."""
    from onmodel_local.films import CREDIT, FilmUnavailableError, fetch_big_buck_bunny
    from onmodel_local.references import cut_references

    with file_bar(console, "Big Buck Bunny is here") as bar:
        try:
            film = fetch_big_buck_bunny(local_stack.repository() / CACHE, bar)
        except FilmUnavailableError as fault:
            raise FilmRefused(str(fault), "Or show your own: `make demo FILM=my.mp4`") from fault
    console.print(f"[dim]{CREDIT}[/]")
    characters = demo.output / "characters"
    cut = cut_references(film, characters)
    console.print(
        f"[green]✓[/] References cut from the film: {', '.join(cut)} "
        f"({sum(map(len, cut.values()))} pictures)"
    )
    return Wish(
        film=film,
        production=BUNNY,
        characters=characters,
        settings=_settings(demo.output, list(cut)),
        output=demo.output,
    )


def _settings(output: Path, names: list[str]) -> Path:
    """A settings.yaml as a user would write it, tuned to the stand-ins' crude vectors."""
    kinds = {
        "Buck": "a big, gentle, grey-white rabbit",
        "Frank": "a brown flying squirrel with a round belly",
        "Rinky": "a lanky red squirrel with a mean grin",
        "Gamera": "a small dark grey chinchilla",
    }
    chosen = {
        "deduplication": {"threshold": 0.9},  # the stand-in's neighbours in a shot lie above it
        "characters": {
            slug(name): {"name": name, "description": kinds.get(name, "")} for name in names
        },
    }
    output.mkdir(parents=True, exist_ok=True)
    path = output / "settings.yaml"
    path.write_text(yaml.safe_dump(chosen, sort_keys=False), encoding="utf-8")
    return path


def _own(demo: Demo) -> Wish:
    if demo.film is None:
        raise FilmRefused("No film was given", "Name one with --film")
    return Wish(film=demo.film, production=slug(demo.film.stem), output=demo.output)


def _mails(running: RunningStack, folder: Path, console: Console, *, expected: bool) -> list[Path]:
    """The mails that would have been sent, as text files."""
    from onmodel_local.mail import MailCatcher

    catcher = MailCatcher(running, running.outputs["TopicArn"])
    with console.status("Waiting for the mail"):
        catcher.collect(folder, wait_seconds=MAIL_SECONDS if expected else 0)
    return sorted(folder.glob("*.txt"))


def _close(result: results.Result, mails: list[Path], console: Console) -> None:
    console.print("\n[bold]Mails that would have been sent[/]")
    for path in mails:
        subject = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("Subject: ")
        console.print(f"  {path}  [dim]{escape(subject)}[/]")
    estimate = dollars(result.summary.estimated_usd)
    console.print(f"\n[bold]On AWS these paid calls would cost {estimate}.[/] Here: nothing.")

"""`onmodel demo`: all steps on this machine, with a real film and without an account."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
import yaml
from rich.console import Console
from rich.panel import Panel

from onmodel.contracts.keys import slug
from onmodel.errors import FilmRefused
from onmodel.formats.wording import duration
from onmodel_cli import local_jobs, local_stack, results, speaking
from onmodel_cli.checked_here import no_file
from onmodel_cli.connection import Connection, connect, use_endpoint
from onmodel_cli.ending import Post, finish
from onmodel_cli.local_films import check_film
from onmodel_cli.run import Wish, prepare_films
from onmodel_cli.signals import ending_as_by_ctrl_c
from onmodel_cli.storyboard import drawn_take, fetch_gallery, send_storyboard, show_drawing
from onmodel_cli.waiting import waiting

if TYPE_CHECKING:
    from onmodel_local.daemon import RunningStack
    from onmodel_local.simulation_settings import SimulationSettings

DemoTrainer = Literal["bedrock", "sagemaker"]

CACHE = Path(".cache") / "films"
BUNNY = "big-buck-bunny"

SIMULATED = """\
[bold]Real:[/] the film, the template, the state machines, every function and object, roles and \
mails. Frames are decoded, judged and cut as on AWS.
[bold]Simulated:[/] Rekognition and Bedrock. Stand-ins on this machine find figures (YuNet faces, \
salient regions), compare pictures (colours, shapes), caption by measuring, and only pretend to \
train and to draw: their pictures say so. AWS ended Nova Canvas on 2026-09-30; here it is answered \
as if it could be trained. Hours take seconds. Costs are what AWS would ask."""

ON_TINY_MODEL = """\
[bold]Real:[/] the film, the template, the state machines, every function and object, roles and \
mails; and the programs that train and draw. They run here, on a tiny model with random weights: \
their pictures are noise, and say so.
[bold]Simulated:[/] Rekognition, Bedrock (captions by measuring) and SageMaker's instances. Hours \
take minutes. Costs are what AWS would ask."""

ARMS = """\
title: Three ways to draw
images: 1
arms: [tuned, references, base]
scenes:
  - {first} stands in a meadow
  - an empty meadow
"""
"""Drawn after the first storyboard, by a trainer that needs no deployment for it."""


@dataclass(frozen=True)
class Demo:
    """The film of the demo, and the folder of its results."""

    film: Path | None
    output: Path
    keep: bool
    trainer: DemoTrainer = "bedrock"

    @property
    def runs_trainer(self) -> bool:
        """Whether the trainer's own programs run, on the tiny model."""
        return self.trainer == "sagemaker"


def demo(
    film: Annotated[
        Path | None, typer.Option("--film", help="Your own film instead of Big Buck Bunny.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where report, pictures and mails go.")
    ] = Path(".demo"),
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the local stack running afterwards.")
    ] = False,
    trainer: Annotated[
        DemoTrainer,
        typer.Option(help="bedrock: simulated. sagemaker: its programs run, on a tiny model."),
    ] = "bedrock",
) -> None:
    """Run all steps on this machine: no AWS account, no Docker, no costs."""
    with speaking.plain_errors(interrupted="Interrupted."), ending_as_by_ctrl_c():
        play(Demo(film=film, output=output, keep=keep, trainer=trainer), speaking.out)


def play(demo: Demo, console: Console) -> None:
    """Start the stack, run all steps, write all results to the output folder, stop the stack.

    The stack is stopped too when a step fails, and when the command is told to end.

    Raises:
        RefusedError, ServiceError: as `onmodel run`.
    """
    started = time.monotonic()
    about = ON_TINY_MODEL if demo.runs_trainer else SIMULATED
    console.print(Panel(about, title="onmodel demo", border_style="dim"), soft_wrap=False)
    wish = _own(demo) if demo.film else _bunny(demo, console)
    before = local_stack.found_stack()
    with waiting(console, "Starting the local stack and deploying template.yaml"):
        running = _stack(demo, is_new=before is None)
    try:
        console.print(f"[green]✓[/] Local stack at {running.endpoint_url}, template.yaml deployed")
        use_endpoint(running.endpoint_url)
        connection = connect("onmodel", None, local=True)
        mails = demo.output / "mails"
        if before is None:  # a new stack: delete the mails of an earlier demo
            shutil.rmtree(mails, ignore_errors=True)
        post = Post.of(running, mails)
        (prepared,) = prepare_films(wish, connection, console)
        result = prepared.result
        results.show(result, console, again=prepared.again)
        finish(connection, result, demo.output, post, console, runs_trainer=demo.runs_trainer)
        if demo.runs_trainer:
            _draw_arms(demo, wish, connection, console)
    finally:
        if before is None and not demo.keep:
            local_stack.stop(forget=True)
            console.print("[dim]The local stack is stopped (--keep leaves it running).[/]")
            how = "With --keep, "
        else:
            console.print(
                "[dim]The local stack runs on: `onmodel local down` stops it and says how to go on"
                " with its data.[/]"
            )
            how = ""
    command = f"onmodel review --local -p {wish.production}"
    console.print(f"[bold]Review[/] {how}`{command}` opens the page where pictures are corrected")
    console.print(f"[dim]{duration(time.monotonic() - started)}[/]")


def _stack(demo: Demo, *, is_new: bool) -> RunningStack:
    """The running stack, or one of its own: the data of `onmodel local up` stay as they are."""
    settings = _simulation(demo)
    if not is_new:
        return local_stack.start(settings=settings)
    return local_stack.start(settings=settings, home=local_stack.DEMO_HOME, fresh=True)


def _draw_arms(demo: Demo, wish: Wish, connection: Connection, console: Console) -> None:
    """One more storyboard, drawn in three ways by one job."""
    folder = wish.characters
    names = sorted(path.name for path in folder.iterdir()) if folder else ["somebody"]
    text = ARMS.format(first=names[0].capitalize()).encode()
    production = wish.production
    follower = send_storyboard(text, Path("arms.yaml"), production, production, connection)
    console.print("Drawing with the model, with references, and with neither")
    row = drawn_take(show_drawing(follower, console))
    gallery = fetch_gallery(row, connection.studio, demo.output)
    console.print(f"[bold]Three arms[/] {gallery.as_uri()}")


def _simulation(demo: Demo) -> SimulationSettings | None:
    """Raises LocalUnavailable when the trainer is to run and torch is not installed."""
    if not demo.runs_trainer:
        return None
    settings = local_jobs.training_settings(local_stack.repository())
    if settings.training_program != "trainer":
        raise local_jobs.LocalUnavailable(
            "The trainer's programs need torch", "Run `make demo TRAINER=sagemaker`"
        )
    return settings


def _bunny(demo: Demo, console: Console) -> Wish:
    """Big Buck Bunny with its four characters."""
    from onmodel_local.films import (
        CREDIT,
        FilmUnavailableError,
        fetch_big_buck_bunny,
        is_fetched,
    )
    from onmodel_local.references import cut_references

    cache = local_stack.repository() / CACHE
    how = "Reading Big Buck Bunny" if is_fetched(cache) else "Fetching Big Buck Bunny (58 MB, once)"
    with waiting(console, how):
        try:
            film = fetch_big_buck_bunny(cache)
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
        films=(film,),
        production=BUNNY,
        characters=characters,
        settings=_settings(demo, list(cut), CREDIT),
        output=demo.output,
    )


def _settings(demo: Demo, names: list[str], credit: str) -> Path:
    """A settings.yaml as a user writes it, with thresholds for the stand-ins' simple vectors."""
    kinds = {
        "Buck": "a big, gentle, grey-white rabbit",
        "Frank": "a brown flying squirrel with a round belly",
        "Rinky": "a lanky red squirrel with a mean grin",
        "Gamera": "a small dark grey chinchilla",
    }
    chosen = {
        "credit": credit,
        "deduplication": {"threshold": 0.9},  # neighbours in a shot are above it, with the stand-in
        "characters": {
            slug(name): {"name": name, "description": kinds.get(name, "")} for name in names
        },
        "training": {"trainer": demo.trainer},
    }
    demo.output.mkdir(parents=True, exist_ok=True)
    path = demo.output / "settings.yaml"
    path.write_text(yaml.safe_dump(chosen, sort_keys=False), encoding="utf-8")
    return path


def _own(demo: Demo) -> Wish:
    """A film without references: no crop is named, so the model is trained on unnamed pictures."""
    if demo.film is None:
        raise FilmRefused("No film was given", "Name one with --film")
    if not demo.film.is_file():
        raise FilmRefused(*no_file(demo.film, "film"))
    check_film(demo.film)  # before the stack is started
    demo.output.mkdir(parents=True, exist_ok=True)
    settings = demo.output / "settings.yaml"
    chosen = {
        "deduplication": {"threshold": 0.9},
        "training": {"include_unnamed": True, "trainer": demo.trainer},
    }
    settings.write_text(yaml.safe_dump(chosen, sort_keys=False), encoding="utf-8")
    return Wish(
        films=(demo.film,), production=slug(demo.film.stem), settings=settings, output=demo.output
    )

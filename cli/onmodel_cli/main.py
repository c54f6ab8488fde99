"""The `onmodel` command."""

from __future__ import annotations

import inspect
import logging
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from onmodel.observability import logger
from onmodel.wiring import now
from onmodel_cli import options, results, speaking
from onmodel_cli.dedup import dedup
from onmodel_cli.deleting import delete_known_faces, delete_production
from onmodel_cli.demo import Demo, DemoTrainer, play
from onmodel_cli.diffing import diff
from onmodel_cli.doctor import doctor
from onmodel_cli.events import event
from onmodel_cli.exporting import export
from onmodel_cli.fetching import model_app
from onmodel_cli.importing import import_folder
from onmodel_cli.judging import judge
from onmodel_cli.local_stack import local_app
from onmodel_cli.models import delete_model, deploy, extend, retire
from onmodel_cli.next_steps import NextSteps, next_steps
from onmodel_cli.opening import open_home
from onmodel_cli.options import open_stack
from onmodel_cli.preparing import trainer_app
from onmodel_cli.quoting import quote
from onmodel_cli.reaching import Until, follow_to
from onmodel_cli.reviewing import review
from onmodel_cli.run import Prepared, Wish, prepare_films
from onmodel_cli.signals import ending_as_by_ctrl_c
from onmodel_cli.status import costs, status
from onmodel_cli.storyboard import storyboard
from onmodel_cli.train import train
from onmodel_cli.wrong_commands import Program

app = typer.Typer(
    name="onmodel",
    cls=Program,
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A film in, an image model that draws its characters on-model out.\n\n"
    "Every command works on a stack on AWS ([bold]--stack[/], credentials as for the AWS CLI) or "
    "on the local one ([bold]--local[/], started by [bold]onmodel local up[/]).\n\n"
    "Exit codes: 0 done, 1 a fault of ours, 2 a wrong command, 3 refused (you can fix "
    "it, the message says how), 4 AWS failed, 5 it takes too long, 130 interrupted.",
)


def run_program() -> None:
    """The console script. Log lines of the library go to stderr: stdout is kept for results."""
    logger.setLevel(logging.WARNING)
    for handler in logger.handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.stderr)
    app()


def _show_version(wanted: bool) -> None:
    if wanted:
        print(version("onmodel"))
        raise typer.Exit


@app.callback()
def _onmodel(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_show_version, help="Show the version and end."
        ),
    ] = False,
) -> None:
    """Options of the program itself."""


@app.command()
def run(
    films: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILM", help="Films to prepare, or folders of films.", show_default=False
        ),
    ],
    production: Annotated[
        str,
        typer.Option("--production", "-p", help="Which production they belong to."),
    ],
    characters: Annotated[
        Path | None,
        typer.Option("--characters", help="Reference pictures: DIR/<character>/<picture>."),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option("--settings", help="settings.yaml of the production (docs/operating.md)."),
    ] = None,
    until: Annotated[
        Until,
        typer.Option(
            "--until",
            help="What is waited for: the prepared film, its captioned dataset, or a model that"
            " has drawn. A question about money is shown, and a mail has its link.",
        ),
    ] = Until.FILM,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where report, crops and records are copied to.")
    ] = Path("onmodel-out"),
    pictures: Annotated[
        bool | None,
        typer.Option(
            help="Copy all kept pictures, or none. Without either: the first"
            f" {results.FIRST_PICTURES}, in the order of the report's pages."
        ),
    ] = None,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Upload films, follow their preparation, and show what was kept, what was dropped and why.

    The same film under the same settings is prepared once: running this again costs nothing and
    shows the result. A changed setting or a new reference pays only for what is new.
    """
    with speaking.plain_errors(as_json):
        connection = open_stack(stack, region, local)
        wish = Wish(
            films=tuple(films),
            production=production,
            characters=characters,
            settings=settings,
            output=output,
            pictures=pictures,
        )
        done = prepare_films(wish, connection, speaking.err)
        if not as_json:
            for each in done:
                results.show(each.result, speaking.out, again=each.again)
        last = done[-1].result
        if until is Until.FILM:
            _tell_next(done, next_steps(last, connection, now()), as_json)
            return
        kept = [each.result for each in done if each.result.summary.crops_kept]
        reached = follow_to(until, kept[-1] if kept else last, connection, output, speaking.err)
        if as_json:
            places = {name.lower().replace(" ", "_"): str(path) for name, path in reached.rows()}
            speaking.print_object(_films_as_object(done) | {"reached": until, **places})
            return
        for name, path in reached.rows():
            speaking.out.print(f"[bold]{name:<10}[/] {path.as_uri()}")


def _films_as_object(done: list[Prepared]) -> dict[str, Any]:
    """Of one film its own object; of several a list."""
    each = [results.as_object(one.result) for one in done]
    return each[0] if len(each) == 1 else {"status": "prepared", "films": each}


def _tell_next(done: list[Prepared], after: NextSteps, as_json: bool) -> None:
    if as_json:
        speaking.print_object(_films_as_object(done) | {"next": after.as_object()})
        return
    speaking.out.print("\n[bold]Next[/]")
    for sentence in after.sentences:
        speaking.out.print(f"  {escape(sentence)}")


@app.command()
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


app.command()(status)
app.command("open")(open_home)
app.command()(quote)
app.command()(review)
app.command()(dedup)
app.command()(export)
app.command()(diff)
app.command("import")(import_folder)
app.command()(judge)
app.command()(train)
app.command()(deploy)
app.command()(storyboard)
app.command()(extend)
app.command()(retire)
app.command()(delete_model)
app.command()(delete_production)
app.command("delete-faces")(delete_known_faces)
app.command()(costs)
app.command()(doctor)
app.command()(event)
app.add_typer(model_app, name="model")
app.add_typer(trainer_app, name="trainer")
app.add_typer(local_app, name="local")


def _join_help_lines(commands: typer.Typer) -> None:
    """Typer keeps the docstrings' line breaks after the first paragraph: they fit no terminal."""
    for command in commands.registered_commands:
        paragraphs = (inspect.getdoc(command.callback) or "").split("\n\n")
        command.help = "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)
    for group in commands.registered_groups:
        if group.typer_instance is not None:
            _join_help_lines(group.typer_instance)


_join_help_lines(app)

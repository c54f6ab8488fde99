"""The `onmodel` command."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

import typer

from onmodel_cli.lazy import LazyCommand
from onmodel_cli.wrong_commands import Program

COMMANDS = (
    LazyCommand(
        "run",
        "onmodel_cli.running:run",
        "Upload films, follow their preparation, and show what was kept, what was dropped and why.",
    ),
    LazyCommand(
        "demo",
        "onmodel_cli.demo:demo",
        "Run all steps on this machine: no AWS account, no Docker, no costs.",
    ),
    LazyCommand(
        "status",
        "onmodel_cli.status:status",
        "Show films, datasets, trainings, deployments, storyboards, and what bills.",
    ),
    LazyCommand(
        "open",
        "onmodel_cli.opening:open_home",
        "Open the page with everything of a production; without -p, the page of the whole stack.",
    ),
    LazyCommand(
        "quote",
        "onmodel_cli.quoting:quote",
        "Quote preparing, training and deploying. Needs no stack and no account.",
    ),
    LazyCommand(
        "review",
        "onmodel_cli.reviewing:review",
        "Look at a production's pictures: reject, rename, caption, tell apart. Ends by Ctrl-C.",
    ),
    LazyCommand(
        "dedup",
        "onmodel_cli.dedup:dedup",
        "Say how many pictures of its films a threshold keeps, from stored vectors. Nothing "
        "is paid.",
    ),
    LazyCommand(
        "export",
        "onmodel_cli.exporting:export",
        "Copy a dataset into a folder: pictures, captions, lineage, and what was dropped and why.",
    ),
    LazyCommand(
        "diff",
        "onmodel_cli.diffing:diff",
        "Show which pictures, captions, names and splits changed from dataset A to dataset B.",
    ),
    LazyCommand(
        "import",
        "onmodel_cli.importing:import_folder",
        "Bring a folder of pictures into a production: they go the way of a film's figures.",
    ),
    LazyCommand(
        "judge",
        "onmodel_cli.judging:judge",
        "Show the numbers of a storyboard's newest take. Nothing is drawn, and nothing paid.",
    ),
    LazyCommand(
        "train",
        "onmodel_cli.train:train",
        "Train on the collected films. A mail asks first when it costs more than the stack's "
        "limit.",
    ),
    LazyCommand(
        "deploy",
        "onmodel_cli.models:deploy",
        "Deploy a trained model. Costs money by the hour and always ends by itself.",
    ),
    LazyCommand(
        "storyboard",
        "onmodel_cli.storyboard:storyboard",
        "Draw a storyboard. Without a deployed model a mail asks for approval of the costs first.",
    ),
    LazyCommand(
        "extend",
        "onmodel_cli.models:extend",
        "Extend a deployment. Its new end is counted from now.",
    ),
    LazyCommand(
        "retire",
        "onmodel_cli.models:retire",
        "Retire a deployment now, confirm that it no longer exists, and show what it cost.",
    ),
    LazyCommand(
        "delete-model",
        "onmodel_cli.models:delete_model",
        "Delete a trained model for good. Its dataset stays.",
    ),
    LazyCommand(
        "delete-production",
        "onmodel_cli.deleting:delete_production",
        "Delete a production for good: films, pictures, datasets, models and rows, all versions.",
    ),
    LazyCommand(
        "delete-faces",
        "onmodel_cli.deleting:delete_known_faces",
        "Delete the faces that the namer `faces` knows of a production.",
    ),
    LazyCommand(
        "costs",
        "onmodel_cli.status:costs",
        "Show the estimated cost of each service, by our own counts, and what the cache saved.",
    ),
    LazyCommand(
        "doctor",
        "onmodel_cli.doctor:doctor",
        "Check models, quotas, roles and buckets, and propose values. Costs nothing.",
    ),
    LazyCommand(
        "event",
        "onmodel_cli.events:event",
        "Write the real event of a run, to debug its function on this machine.",
    ),
    LazyCommand(
        "model",
        "onmodel_cli.fetching:model_app",
        "Trained models, as files.",
    ),
    LazyCommand(
        "trainer",
        "onmodel_cli.preparing:trainer_app",
        "The trainer that SageMaker runs.",
    ),
    LazyCommand(
        "local",
        "onmodel_cli.local_stack:local_app",
        "The local stack: an AWS emulator and stand-ins for Rekognition and Bedrock, on "
        "127.0.0.1. Runs the same template.yaml; costs nothing. `down` keeps its data.",
    ),
)
"""In the order of --help; each says there what its own help begins with."""


class _Listed(Program):
    """The group of all commands."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - as Typer declares them
        super().__init__(**attributes)
        for command in COMMANDS:
            self.add_command(command)


app = typer.Typer(
    name="onmodel",
    cls=_Listed,
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A film in, an image model that draws its characters on-model out.\n\n"
    "Every command works on a stack on AWS ([bold]--stack[/], credentials as for the AWS CLI) or "
    "on the local one ([bold]--local[/], started by [bold]onmodel local up[/]).\n\n"
    "Exit codes: 0 done, 1 a fault of ours, 2 a wrong command, 3 refused (you can fix "
    "it, the message says how) or not confirmed, 4 AWS failed, 5 it takes too long, "
    "130 interrupted.",
)


def run_program() -> None:
    """The console script."""
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

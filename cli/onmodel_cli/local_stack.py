"""`onmodel local`: start, show and stop the local stack of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from onmodel.formats.wording import count
from onmodel_cli import local_jobs, speaking
from onmodel_cli.connection import use_endpoint
from onmodel_cli.local_jobs import LocalUnavailable
from onmodel_cli.signals import ending_as_by_ctrl_c
from onmodel_cli.waiting import waiting

if TYPE_CHECKING:
    from onmodel_local.daemon import RunningStack
    from onmodel_local.simulation_settings import SimulationSettings

TEMPLATE = "template.yaml"

DEMO_HOME = Path(".cache") / "demo-stack"
"""The data of `onmodel demo`: those of `onmodel local up` stay as they are."""

PARAMETERS = {
    "QuietSeconds": "5",  # minutes on AWS, where more films may follow
    "FlowDefinition": "onmodel-review",  # of the stand-in of A2I
    "FilmsAtOnce": "4",  # the template's default is for an account that runs ten functions at once
}
"""Waits scaled to simulated time, and what the local stack has; else the template's defaults."""

local_app = typer.Typer(
    no_args_is_help=True,
    help="The local stack: an AWS emulator and stand-ins for Rekognition and Bedrock, on "
    "127.0.0.1. Runs the same template.yaml; costs nothing. `down` keeps its data.",
)


@local_app.command()
def up(
    vision_url: Annotated[
        str, typer.Option(help="OpenAI-compatible endpoint of a local vision model, for captions.")
    ] = "",
    vision_model: Annotated[str, typer.Option(help="Name of that model.")] = "",
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Folder of FLUX.2 klein's weights: SageMaker jobs train and draw with them here.",
            exists=True, file_okay=False,
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Delete its data, and begin anew.")
    ] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Go on with the data of `onmodel demo --keep`.")
    ] = False,
) -> None:  # fmt: skip
    """Start it and deploy the template, or update the one that runs. It goes on with its data.

    What was being worked on when it ended counts as failed: mails say what to upload again.
    Questions that waited for an answer are asked again by new mails.
    """
    with speaking.plain_errors(interrupted="Interrupted."), ending_as_by_ctrl_c():
        if demo:
            _check_demo_data()
        if (vision_url or vision_model) and not fresh and found_stack() is not None:
            raise LocalUnavailable(
                "A local stack runs, and takes another vision model only when it is started",
                "Stop it first: `onmodel local down`",
            )
        with waiting(speaking.err, "Starting the local stack and deploying template.yaml"):
            running = start(
                vision_url=vision_url,
                vision_model=vision_model,
                settings=local_jobs.training_settings(repository(), weights),
                home=DEMO_HOME if demo else None,
                fresh=fresh,
            )
        _tell_leftovers()
        speaking.say(f"[green]✓[/] The local stack runs at {running.endpoint_url}")
        speaking.say(local_jobs.about_jobs(running))
        speaking.say(
            "Use it with --local; `onmodel local mails` shows what it would have sent. "
            "Stop it with `onmodel local down`."
        )


@local_app.command()
def down() -> None:
    """Stop it. Its data are kept, for the next `up`."""
    from onmodel_local.folders import bytes_in

    with speaking.plain_errors():
        with waiting(speaking.err, "Keeping the data, and stopping"):
            kept = stop()
        if kept is None:
            speaking.say("It was not running.")
            return
        size = f"{bytes_in(kept) / 1e6:,.0f} MB"
        place = escape(str(kept))
        if kept.name == _daemon().HOME.name:
            speaking.say(
                f"[green]✓[/] Stopped. Films, datasets and rows are kept in {place} ({size}):"
                " `onmodel local up` goes on with them, `onmodel local up --fresh` without."
            )
        else:
            speaking.say(
                f"[green]✓[/] Stopped. It was the demo's stack; its data are kept in {place}"
                f" ({size}): `onmodel local up --demo` goes on with them, the next `onmodel demo`"
                " replaces them. Its pages and pictures on disk stay."
            )


@local_app.command("status")
def stack_status() -> None:
    """Show whether it runs, where, and what it holds in memory and on disk."""
    from onmodel_local.folders import bytes_in
    from onmodel_local.process import memory_of_group

    with speaking.plain_errors():
        running = running_stack()
        speaking.out.print(f"endpoint  {running.endpoint_url}")
        speaking.out.print(f"log       {escape(str(running.log))}")
        processes, held = memory_of_group(running.pid)
        number = count(processes, "process", "processes")
        speaking.out.print(f"memory    {held / 1e6:,.0f} MB in {number}")
        data = bytes_in(Path(running.folder))
        speaking.out.print(f"data      {data / 1e6:,.0f} MB in {escape(str(running.folder))}")
        for name, value in sorted(running.outputs.items()):
            speaking.out.print(f"{name:<16}  {escape(value)}")
        speaking.out.print("\nFor the AWS CLI (version 1 also wants --endpoint-url for SQS):")
        exports = " ".join(f"{name}={value}" for name, value in running.environment().items())
        speaking.out.print(f"export {exports}", soft_wrap=True)


@local_app.command()
def mails() -> None:
    """Show the mails that would have been sent, oldest first."""
    from onmodel_local.mail import MailCatcher

    with speaking.plain_errors():
        running = running_stack()
        folder = Path(running.folder) / "mails"
        MailCatcher(running, running.outputs["TopicArn"]).collect(folder)
        found = sorted(folder.glob("*.txt"))
        for path in found:
            typer.echo(f"{path.read_text(encoding='utf-8')}\n{'─' * 40}")
        if not found:
            speaking.say("No mail yet. Those of the demo are in .demo/mails.")


def _check_demo_data() -> None:
    """Raises LocalUnavailable without data of a demo, or while a stack with other data runs."""
    home = repository() / DEMO_HOME
    if not home.is_dir():
        raise LocalUnavailable("No demo's data are here", "Make some: `onmodel demo --keep`")
    running = found_stack()
    if running is not None and Path(running.folder) != home.resolve():
        raise LocalUnavailable(
            "A local stack with other data runs", "Stop it first: `onmodel local down`"
        )


def _tell_leftovers() -> None:
    """Delete what killed stacks left in the temporary folder, and say so."""
    from onmodel_local.folders import delete_leftovers

    if deleted := delete_leftovers():
        size = sum(size for _, size in deleted) / 1e6
        names = escape(", ".join(str(path) for path, _ in deleted))
        speaking.say(f"Deleted leftovers of stacks that were killed ({size:,.0f} MB): {names}")


def start(
    *,
    vision_url: str = "",
    vision_model: str = "",
    settings: SimulationSettings | None = None,
    home: Path | None = None,
    fresh: bool = False,
) -> RunningStack:
    """Start or update the stack of this repository.

    Args:
        vision_url: as daemon.start_stack's.
        vision_model: as daemon.start_stack's.
        settings: as daemon.start_stack's; one that runs takes what its SageMaker jobs run.
        home: as daemon.start_stack's; by default that of `onmodel local up`.
        fresh: as daemon.start_stack's.

    Raises:
        LocalUnavailable: the local group is not installed, or there is no template.
        LocalStackFailed: the emulator does not come up or refuses the template.
    """
    daemon = _daemon()
    with _faults():
        if settings is not None and (found := found_stack()):
            names = ("training_program", "trainer_python", "weights_folder")
            found.control("simulation-settings", {name: getattr(settings, name) for name in names})
        running: RunningStack = daemon.start_stack(
            repository(),
            parameters=PARAMETERS | {"MapConcurrency": str(max(2, os.cpu_count() or 2))},
            vision_url=vision_url,
            vision_model=vision_model,
            settings=settings,
            home=home or daemon.HOME,
            fresh=fresh,
        )
        from onmodel_local.mail import MailCatcher

        MailCatcher(running, running.outputs["TopicArn"])  # gets mails that are sent from now on
        return running


def stop(*, forget: bool = False) -> Path | None:
    """Stop it; returns the folder with its data, None when none runs. `forget` deletes them."""
    daemon = _daemon()
    with _faults():
        kept: Path | None = daemon.stop_stack(repository(), forget=forget)
    return kept


def found_stack() -> RunningStack | None:
    """The running stack, or None."""
    found: RunningStack | None = _daemon().find_stack(repository())
    return found


def running_stack() -> RunningStack:
    """The running stack. Raises LocalUnavailable without one."""
    running = found_stack()
    if running is None:
        raise LocalUnavailable("The local stack is not running", "Start it: `onmodel local up`")
    return running


def use_local_stack() -> None:
    """Make every client of this process use the running local stack."""
    use_endpoint(running_stack().endpoint_url)


def repository() -> Path:
    """The folder of template.yaml: this one, one above it, or the repository of this package."""
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if (folder / TEMPLATE).is_file():
            return folder
    raise LocalUnavailable(
        "There is no template.yaml here or above", "Change into the repository and try again"
    )


@contextmanager
def _faults() -> Iterator[None]:
    from onmodel_local.deploy import DeployFailedError
    from onmodel_local.stack import StackFailedError

    try:
        yield
    except (DeployFailedError, StackFailedError, OSError) as fault:  # also a full disk
        raise speaking.LocalStackFailed(f"The local stack failed: {fault}") from fault


def _daemon() -> ModuleType:
    try:
        from onmodel_local import daemon
    except ImportError as missing:
        raise LocalUnavailable(
            f"The local stack is not installed ({missing})", "Run `uv sync`, or `make setup`"
        ) from missing
    return daemon

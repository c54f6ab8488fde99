"""`onmodel trainer prepare`: bring what SageMaker's jobs read into the studio bucket."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from onmodel.contracts.trainings import Finding, TrainingStatus
from onmodel.contracts.weights import wheels_prefix
from onmodel.deployments.deletion import are_forbidden
from onmodel.environment import SageMakerVariables, VariableGroup
from onmodel.errors import RefusedError, StillRunning
from onmodel.formats.wording import dollars
from onmodel.money.pricebook import PriceBook, estimate
from onmodel.money.quotes import used
from onmodel.money.titles import title_of
from onmodel.trainers.sagemaker import preparing, stored_files
from onmodel.trainers.sagemaker.code import FOLDER, REQUIREMENTS, read_code, upload_code
from onmodel.trainers.sagemaker.names import SageMakerNames
from onmodel.trainers.sagemaker.preparing import Preparations
from onmodel.trainers.sagemaker.registries import image_address
from onmodel.wiring import now
from onmodel_cli import options, speaking
from onmodel_cli.connection import Connection
from onmodel_cli.options import open_stack

POLL_SECONDS = 15.0
WATCH_SECONDS = preparing.LONGEST_SECONDS + preparing.PENDING_SECONDS

trainer_app = typer.Typer(no_args_is_help=True, help="The trainer that SageMaker runs.")


class PreparationFailed(RefusedError):
    """Raised when weights or packages are still missing at the end."""


class PreparationVariables(VariableGroup):
    """An output of the stack that no function needs."""

    prepare_role_arn: str


@trainer_app.callback()
def _trainer() -> None:
    """Without it, the group's only command would take the group's place."""


@trainer_app.command()
def prepare(
    weights_from: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="Upload the model in this folder instead."),
    ] = None,
    wheels_from: Annotated[
        Path | None,
        typer.Option("--wheels-from", metavar="DIR", help="Upload the packages in this folder."),
    ] = None,
    wait: Annotated[bool, typer.Option(help="Watch until the job has ended.")] = True,
    yes: options.Yes = False,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
) -> None:
    """Copy the base model's weights and the packages of its jobs to the studio bucket, once.

    A job on SageMaker does it, after its price is told. What is complete is not fetched again.
    """
    with speaking.plain_errors():
        connection = open_stack(stack, region, local)
        files = _Files(connection)
        for kind, folder in (("weights", weights_from), ("wheels", wheels_from)):
            if folder:
                files.upload(kind, folder)
        if not files.missing():
            speaking.say("[green]✓[/] Weights and packages are complete in the studio bucket.")
            return
        if local:
            raise PreparationFailed(
                "The local stack has no network to fetch them",
                "`onmodel local up` puts a model there that draws noise; or use --from",
            )
        _by_job(connection, files, yes=yes, wait=wait)


class _Files:
    """What is in the studio bucket, and what may be uploaded from here."""

    def __init__(self, connection: Connection) -> None:
        named = connection.environment.read(SageMakerVariables)
        self.image = image_address(named.training_image, connection.region)
        self._connection = connection
        self._requirements = hashlib.sha256(read_code()[REQUIREMENTS]).hexdigest()
        self.program = preparing.program(
            connection.studio.bucket, self.image, wheels_prefix(self._requirements)
        )

    def missing(self) -> list[Finding]:
        studio = self._connection.studio
        return list(
            chain(
                stored_files.weights(studio),
                stored_files.wheels(studio, self._requirements, self.image),
            )
        )

    def upload(self, kind: str, folder: Path) -> None:
        """Run trainer/prepare.py here. Raises PreparationFailed with its sentence."""
        with tempfile.TemporaryDirectory() as made:
            failure = Path(made) / "failure"
            command = [
                sys.executable, str(FOLDER / "prepare.py"), *self.program, "--only", kind,
                f"--{kind}-from", str(folder), "--failure", str(failure),
            ]  # fmt: skip
            if _shown(command, os.environ | {"AWS_DEFAULT_REGION": self._connection.region}):
                reason = failure.read_text(encoding="utf-8") if failure.is_file() else "it failed"
                raise PreparationFailed(f"{folder} was not uploaded: {reason}")


def _shown(command: list[str], environment: Mapping[str, str]) -> int:
    """Run a program and print its lines; returns its exit status."""
    with subprocess.Popen(  # noqa: S603 - our own program
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as program:
        for line in program.stdout or ():
            speaking.say(f"  [dim]{escape(line.rstrip())}[/]")
    return program.returncode


def _by_job(connection: Connection, files: _Files, *, yes: bool, wait: bool) -> None:
    jobs = Preparations(
        connection.services.client("sagemaker"),
        SageMakerNames(connection.stack, connection.studio.bucket),
        bucket=connection.studio.bucket,
        role_arn=connection.environment.read(PreparationVariables).prepare_role_arn,
        image=files.image,
    )
    ref = jobs.running()
    if ref:
        speaking.say("A preparation runs already.")
    else:
        ref = _started(connection, jobs, files, yes=yes)
    speaking.say(f"Job {ref.rsplit('/', 1)[-1]}; it goes on when this command is interrupted.")
    if wait:
        usd = follow(jobs, ref, connection.services.prices, time.sleep, time.monotonic)
        if missing := files.missing():
            raise PreparationFailed(missing[0].reason, "Run the command again")
        speaking.say(f"[green]✓[/] Weights and packages are complete. Estimated bill {usd}.")


def _started(connection: Connection, jobs: Preparations, files: _Files, *, yes: bool) -> str:
    """The reference of a new job.

    Raises PreparationFailed while the stack is being deleted. A deletion may begin after the first
    look and have listed the jobs before this one: then the second look stops it.
    """
    if are_forbidden(connection.registry, now()):
        raise PreparationFailed("The stack is being deleted", "Nothing was started")
    _tell_price(connection.services.prices)
    if not yes:
        typer.confirm("Start the job?", abort=True, err=True)
    ref = jobs.start(uuid.uuid4().hex, upload_code(connection.studio), files.program)
    if are_forbidden(connection.registry, now()):
        jobs.stop(ref)
        raise PreparationFailed("The stack is being deleted", "The job was stopped")
    return ref


def _tell_price(book: PriceBook) -> None:
    work = preparing.work()
    for line in estimate(used(work, book), book).lines:
        unsure = " (unsure)" if line.unsure else ""
        cost = None if line.usd is None else float(line.usd)
        speaking.say(f"{title_of(line.item, '')}  {float(line.paid):g}  {dollars(cost)}{unsure}")
    for assumption in work.assumptions:
        speaking.say(f"  [dim]{assumption}[/]")


def follow(
    jobs: Preparations,
    ref: str,
    book: PriceBook,
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
) -> str:
    """Show the job's phases until it is over; returns what it cost, in words.

    Raises:
        PreparationFailed: it failed or was stopped.
        StillRunning: it takes longer than it may; it ends by itself.
    """
    end, phase = monotonic() + WATCH_SECONDS, ""
    while monotonic() < end:
        now = jobs.describe(ref)
        if now.phase != phase:
            phase = now.phase
            speaking.say(f"  {escape(phase)}")
        if now.status.is_over:
            total = estimate(now.usage, book).total_usd
            usd = dollars(None if total is None else float(total))
            if now.status != TrainingStatus.COMPLETED:
                raise PreparationFailed(
                    f"The job ended: {now.reason or now.status}. Estimated bill {usd}",
                    "Run the command again: finished files are not fetched a second time",
                )
            return usd
        sleep(POLL_SECONDS)
    raise StillRunning("The job is not over yet; it ends by itself")

"""`onmodel deploy`, `extend`, `retire` and `delete-model`.

State machines deploy and retire models; this process starts them and follows them.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Annotated

import typer

from onmodel.contracts.deployments import DeployRequest
from onmodel.contracts.rows import DeploymentStage, TrainingStage
from onmodel.contracts.trainings import WorkPart
from onmodel.deployments.ends import extend_deployment, retire_payload
from onmodel.deployments.lifecycle import OVER
from onmodel.environment import DeploymentLimits, Machines
from onmodel.errors import NotFound, StillRunning
from onmodel.films.settings import settings_in_force
from onmodel.formats.wording import dollars, listed
from onmodel.money.training_quotes import cost_quote
from onmodel.registry.kinds import DEPLOYMENTS, TRAININGS, DeploymentRow, TrainingRow
from onmodel.wiring import now
from onmodel_cli import options, speaking
from onmodel_cli.choosing import NoSuchModel, completed_training, live_deployment
from onmodel_cli.connection import Connection
from onmodel_cli.options import open_stack, production_id
from onmodel_cli.waiting import waiting

RETIRE_WATCH_SECONDS = 900.0
POLL_SECONDS = 2.0

DeploymentOption = Annotated[
    str | None, typer.Option("--deployment", help="Its id, when there are several.")
]


def deploy(
    production: options.Production,
    training: Annotated[
        str | None, typer.Option("--training", help="Which training's model, of several.")
    ] = None,
    hours: Annotated[
        float | None, typer.Option("--hours", min=0.1, max=24, help="How long it answers.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Retire the production's other deployed models first: a model unit."
        ),
    ] = False,
    yes: options.Yes = False,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
) -> None:
    """Deploy a trained model. Costs money by the hour and always ends by itself."""
    with speaking.plain_errors():
        connection = open_stack(stack, region, local)
        slug = production_id(production, connection.registry)
        trained = completed_training(connection.registry, slug, training, "deploy")
        deployer = connection.services.trainer_rules[trained.body.trainer].deployer
        if deployer is None:
            raise NoSuchModel(
                f"The model of {trained.id} is not deployed: jobs draw with it",
                f"Upload a storyboard: `onmodel storyboard FILE -p {slug}`",
            )
        if live := _live_ids(connection, trained):
            raise NoSuchModel(
                f"{trained.id} is deployed already, as {live[0]}",
                f"Upload a storyboard, or give it more time: `onmodel extend -p {slug} --hours 2`",
            )
        limits = connection.environment.read(DeploymentLimits)
        wanted = hours or min(
            settings_in_force(slug, connection.studio).deployment.hours, limits.deployment_hours
        )
        services = connection.services
        work = deployer.deployment_work(wanted, limits.provision_minutes)
        quote = cost_quote((WorkPart(name="deployment", work=work),), services.prices)
        older = _others_deployed(connection, trained) if replace else []
        first = f" {listed([row.id for row in older])} is retired first." if older else ""
        _confirm(
            f"{trained.id} for {wanted:g} h: at most {dollars(quote.usd)}, usually"
            f" {dollars(quote.usual_usd)}.{first} Deploy it?",
            yes,
        )
        for row in older:
            ask_to_retire(connection, row, f"{trained.id} takes its place")
            _watch(connection, row)
        request = DeployRequest(
            production=slug,
            training_id=trained.id,
            hours=wanted,
            correlation_id=_correlation(),
        )
        _start(
            connection,
            connection.environment.read(Machines).deploy_model_arn,
            trained.id,
            {"request": request.model_dump(mode="json")},
        )
        speaking.say(
            f"[green]✓[/] Deploying; a mail says when it answers. See `onmodel status -p {slug}`."
        )


def extend(
    production: options.Production,
    hours: Annotated[float, typer.Option("--hours", help="From now on; at most 24.")],
    deployment: DeploymentOption = None,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
) -> None:
    """Extend a deployment. Its new end is counted from now."""
    with speaking.plain_errors():
        connection = open_stack(stack, region, local)
        slug = production_id(production, connection.registry)
        found = live_deployment(connection.registry, slug, deployment, f"extend --hours {hours:g}")
        extended = extend_deployment(
            found.production,
            found.id,
            hours,
            registry=connection.registry,
            scheduler=connection.services.scheduler,
            clock=now,
            retire_model_arn=connection.environment.read(Machines).retire_model_arn,
        )
        body = extended.body
        speaking.say(
            f"[green]✓[/] {found.id} answers until {body.retires_at:%Y-%m-%d %H:%M} UTC, "
            f"{dollars(body.unit_usd_hour)} an hour."
        )


def retire(
    production: options.Production,
    deployment: DeploymentOption = None,
    wait: Annotated[bool, typer.Option(help="Watch until it is gone.")] = True,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
) -> None:
    """Retire a deployment now, confirm that it no longer exists, and show what it cost."""
    with speaking.plain_errors():
        connection = open_stack(stack, region, local)
        slug = production_id(production, connection.registry)
        found = live_deployment(connection.registry, slug, deployment, "retire")
        ask_to_retire(connection, found, "retired by hand")
        if not wait:
            speaking.say("[green]✓[/] Being switched off; a mail says when it is gone.")
            return
        _watch(connection, found)


def delete_model(
    production: options.Production,
    training: Annotated[
        str | None, typer.Option("--training", help="Which training's model, of several.")
    ] = None,
    yes: options.Yes = False,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
) -> None:
    """Delete a trained model for good. Its dataset stays."""
    with speaking.plain_errors():
        connection = open_stack(stack, region, local)
        slug = production_id(production, connection.registry)
        trained = completed_training(connection.registry, slug, training, "delete-model")
        if live := _live_ids(connection, trained):
            raise NoSuchModel(
                f"{trained.id} is deployed as {live[0]}",
                f"Switch it off first: `onmodel retire -p {slug} --deployment {live[0]}`",
            )
        _confirm(f"Delete the model of {trained.id}? It cannot be brought back.", yes)
        if trained.body.model_ref:
            connection.services.trainers[trained.body.trainer].delete_model(trained.body.model_ref)
        ended = trained.with_status(TrainingStage.GONE).with_fields(
            reason="its model was deleted by a person"
        )
        TRAININGS.replace(connection.registry, ended, now())
        speaking.say(f"[green]✓[/] The model of {trained.id} is deleted; its dataset is kept.")


def ask_to_retire(connection: Connection, deployment: DeploymentRow, reason: str) -> None:
    """Start RetireModel; it may run already."""
    payload = retire_payload(deployment, reason)
    _start(
        connection, connection.environment.read(Machines).retire_model_arn, deployment.id, payload
    )


def _watch(connection: Connection, deployment: DeploymentRow) -> None:
    """Wait until a deployment is switched off, and say what it cost. Raises StillRunning."""
    with waiting(speaking.err, f"Switching {deployment.id} off; at most 15 minutes"):
        gone = until_retired(connection, deployment, time.sleep, time.monotonic)
    bill = dollars(gone.body.estimated_usd)
    speaking.say(f"[green]✓[/] {gone.id} is gone. Estimated bill {bill}.")


def _live_ids(connection: Connection, training: TrainingRow) -> list[str]:
    """Deployments of a training that are not over."""
    return [
        found.id
        for found in DEPLOYMENTS.list(connection.registry, training.production)
        if found.body.training_id == training.id and found.status not in OVER
    ]


def _others_deployed(connection: Connection, training: TrainingRow) -> list[DeploymentRow]:
    """Deployments of the production's other trainings that are not over."""
    return [
        found
        for found in DEPLOYMENTS.list(connection.registry, training.production)
        if found.body.training_id != training.id and found.status not in OVER
    ]


def until_retired(
    connection: Connection,
    deployment: DeploymentRow,
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
) -> DeploymentRow:
    """Wait for the end. Raises StillRunning: it goes on, and a mail follows."""
    end = monotonic() + RETIRE_WATCH_SECONDS
    while monotonic() < end:
        row = DEPLOYMENTS.read(connection.registry, deployment.production, deployment.id)
        if row is None:
            raise NotFound(f"{deployment.id} is no longer in the Registry")
        if row.status == DeploymentStage.RETIRED:
            return row
        sleep(0.5 if connection.local else POLL_SECONDS)
    raise StillRunning(f"{deployment.id} is not gone yet. It is tried again until it is")


def _start(
    connection: Connection, machine_arn: str, subject: str, payload: dict[str, object]
) -> None:
    """Start an execution under a new name: a second command starts a second one."""
    name = f"{subject[:60]}-{uuid.uuid4().hex[:12]}"
    connection.executions.start(machine_arn, name, payload)


def _confirm(question: str, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True, err=True)


def _correlation() -> str:
    return f"command-line-{uuid.uuid4().hex[:12]}"

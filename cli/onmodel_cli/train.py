"""`onmodel train`: make a dataset of the collected films and train on it, or try it again.

For productions that do not train by themselves, after a declined or expired approval, for a dataset
whose training was impossible, and for a generation whose execution failed too often.
"""

from __future__ import annotations

from onmodel.contracts.rows import (
    GenerationStatus,
    TrainingStage,
)
from onmodel.datasets.generations import newest_generation, start_training_machine
from onmodel.environment import Machines
from onmodel.errors import RefusedError
from onmodel.registry.kinds import TRAININGS, GenerationRow
from onmodel.wiring import now
from onmodel_cli import options, speaking
from onmodel_cli.connection import Connection
from onmodel_cli.options import open_stack, production_id

STARTED = frozenset({TrainingStage.IN_PROGRESS, TrainingStage.COMPLETED})


class NothingToTrain(RefusedError):
    """Raised when a production has nothing to train on, or its training has started already."""


def train(
    production: options.Production,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
) -> None:
    """Train on the collected films. A mail asks first when it costs more than the stack's limit.

    Captions that exist are not paid for again.
    """
    with speaking.plain_errors():
        connection = open_stack(stack, region, local)
        generation = trainable(production_id(production, connection.registry), connection)
        outcome = start_training_machine(
            generation,
            registry=connection.registry,
            executions=connection.executions,
            clock=now,
            machine_arn=connection.environment.read(Machines).train_model_arn,
        )
        if outcome == "already_running":
            speaking.say(
                f"[green]✓[/] {generation.id} is being worked on already; it may wait for films, or"
                " for an approval that a mail asked for. See"
                f" `onmodel status -p {generation.production}`."
            )
        else:
            speaking.say(
                f"[green]✓[/] Begun with {generation.id}. A mail says when the training starts,"
                " asks for an approval, or says why it cannot."
            )


def trainable(production: str, connection: Connection) -> GenerationRow:
    """The newest generation, unless it cannot be trained on.

    Raises:
        NothingToTrain: with the reason and what to do.
    """
    generation = newest_generation(production, connection.registry)
    if generation is None:
        raise NothingToTrain(
            f"No film of {production} was prepared yet",
            f"Upload one first: `onmodel run FILM -p {production}`",
        )
    body = generation.body
    if generation.status == GenerationStatus.OPEN:
        return generation
    if body.dataset_id is None:
        raise NothingToTrain(
            f"{generation.id} of {production} made no dataset: {body.reason or 'unknown'}",
            body.advice or "Upload another film",
        )
    for training in TRAININGS.list(connection.registry, production):
        if training.body.dataset_id == body.dataset_id and training.status in STARTED:
            is_done = training.status == TrainingStage.COMPLETED
            how = "is trained" if is_done else "runs already"
            raise NothingToTrain(
                f"{training.id} {how}, and no film was prepared since",
                f"Upload another film, or see `onmodel status -p {production}`",
            )
    return generation

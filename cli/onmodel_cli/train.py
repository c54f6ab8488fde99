"""`onmodel train`: make a dataset of the collected films and train on it, or try it again.

For productions that do not train by themselves, after a declined or expired approval, for a dataset
whose training was impossible, for a generation whose execution failed too often, and for pictures
that were corrected since the dataset that was trained on.
"""

from __future__ import annotations

from onmodel.contracts.rows import (
    GenerationStatus,
    TrainingStage,
)
from onmodel.datasets.generations import (
    newest_generation,
    open_again,
    start_training_machine,
)
from onmodel.environment import Machines
from onmodel.errors import RefusedError
from onmodel.films.corrections import read_corrections
from onmodel.registry.kinds import CORRECTIONS, DATASETS, TRAININGS, GenerationRow, TrainingRow
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

    Pictures that were corrected since the last dataset make a new one of the same films.
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
    """The newest generation, or a new one of its films when pictures were corrected since.

    Raises:
        NothingToTrain: with the reason and what to do.
        Conflict: a film was prepared at this moment; its generation has the corrections.
    """
    registry = connection.registry
    generation = newest_generation(production, registry)
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
    for training in TRAININGS.list(registry, production):
        if training.body.dataset_id != body.dataset_id or training.status not in STARTED:
            continue
        corrected = _is_corrected_since(training, connection)
        if training.status == TrainingStage.IN_PROGRESS:
            again = f"`onmodel train -p {production}`"
            then = f" {again} then takes what was corrected since." if corrected else ""
            raise NothingToTrain(
                f"{training.id} runs already",
                f"Its mail comes when it is done.{then} See `onmodel status -p {production}`",
            )
        if not corrected:
            raise NothingToTrain(
                f"{training.id} is trained, and since its dataset no film was prepared and no"
                " picture corrected",
                f"Upload another film, or correct pictures: `onmodel review -p {production}`",
            )
        return open_again(generation, registry, now())
    return generation


def _is_corrected_since(training: TrainingRow, connection: Connection) -> bool:
    """Whether people want something else of the pictures than what the training's dataset has."""
    registry = connection.registry
    dataset = DATASETS.require(registry, training.production, training.body.dataset_id)
    if dataset.body.corrections_hash is not None:
        now = read_corrections(training.production, registry).hash()
        return now != dataset.body.corrections_hash
    rows = CORRECTIONS.list(registry, training.production)
    return any(row.updated_at > training.created_at for row in rows)

"""Generations: which one is open, and starting TrainModel on it under a name of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from onmodel.contracts.generations import Generation
from onmodel.contracts.keys import execution_arn, generation_id
from onmodel.contracts.rows import GenerationBody, GenerationStatus
from onmodel.films.settings import settings_in_force
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import GENERATIONS, GenerationRow
from onmodel.registry.tombstones import is_being_deleted

Start = Literal["started", "already_running"]

MOST_ATTEMPTS = 4
"""Without a person. A fault that lasts an hour needs one; each attempt sends a mail."""


def is_tried_again(generation: GenerationRow) -> bool:
    """Whether reconcile starts a generation again after its execution failed."""
    is_over = generation.status == GenerationStatus.CLOSED and generation.body.dataset_id is None
    return not is_over and generation.body.attempt < MOST_ATTEMPTS


def newest_generation(production: str, registry: Registry) -> GenerationRow | None:
    """The production's last generation, open or closed."""
    rows = GENERATIONS.list(registry, production)
    return max(rows, key=lambda row: int(row.id.removeprefix("g")), default=None)


def open_again(closed: GenerationRow, registry: Registry, now: datetime) -> GenerationRow:
    """A new generation of a closed one's films: its dataset has what people corrected since.

    Raises:
        Conflict: a film that was prepared in the meantime opened one.
    """
    return GENERATIONS.create(
        registry,
        closed.production,
        generation_id(int(closed.id.removeprefix("g")) + 1),
        status=GenerationStatus.OPEN,
        body=GenerationBody(
            attempt=1,
            runs=closed.body.runs,
            last_prepared_at=closed.body.last_prepared_at,
            correlation_id=closed.body.correlation_id,
        ),
        now=now,
    )


def training_execution(production: str, generation: str, attempt: int) -> str:
    """TrainModel's execution name: at most 40 + 1 + 10 + 1 + 4 characters, of 80."""
    return f"{production}-{generation}-{attempt}"


def start_training_machine(
    row: GenerationRow,
    *,
    registry: Registry,
    executions: Executions,
    clock: Clock,
    machine_arn: str,
) -> Start:
    """Start TrainModel on a generation unless it runs; after a failure with the next attempt.

    Two callers at the same time use the same name, and Step Functions refuses the second.

    Raises:
        Conflict: another function wrote the generation since it was read; read it again.
    """
    if row.holder is not None and executions.is_running(row.holder):
        return "already_running"
    while True:
        body = row.body
        generation = Generation(
            production=row.production,
            generation_id=row.id,
            attempt=body.attempt,
            correlation_id=body.correlation_id,
        )
        name = training_execution(row.production, row.id, body.attempt)
        payload = {"generation": generation.model_dump(mode="json")}
        if executions.start(machine_arn, name, payload):
            return "started"
        if executions.is_running(execution_arn(machine_arn, name)):
            return "already_running"
        row = GENERATIONS.replace(registry, row.with_fields(attempt=body.attempt + 1), clock())


def start_again_by_itself(
    row: GenerationRow,
    *,
    registry: Registry,
    studio: ObjectStore,
    executions: Executions,
    clock: Clock,
    machine_arn: str,
) -> bool:
    """Start TrainModel without a person, where the production's settings allow it.

    Of a production that is being deleted nothing is started.

    Returns:
        Whether it was started.

    Raises:
        Conflict: as of start_training_machine.
    """
    if is_being_deleted(row.production, registry):
        return False
    if not settings_in_force(row.production, studio).training.automatic:
        return False
    started = start_training_machine(
        row,
        registry=registry,
        executions=executions,
        clock=clock,
        machine_arn=machine_arn,
    )
    return started == "started"

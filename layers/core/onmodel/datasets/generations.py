"""Generations: which one is open, and starting TrainModel on it under a name of its own."""

from __future__ import annotations

from typing import Literal

from onmodel.contracts.datasets import Generation
from onmodel.contracts.keys import execution_arn
from onmodel.contracts.rows import GenerationBody, GenerationStatus, Kind
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Record, Registry

Start = Literal["started", "already_running"]

MOST_ATTEMPTS = 4
"""By itself. What fails an hour long needs a person; each attempt sends a mail."""


def is_tried_again(record: Record) -> bool:
    """Whether reconcile starts a generation anew when its execution died."""
    body = GenerationBody.model_validate(record.body)
    return record.status == GenerationStatus.OPEN and body.attempt < MOST_ATTEMPTS


def newest_generation(production: str, registry: Registry) -> Record | None:
    """The production's last one, open or closed."""
    records = registry.list(production, Kind.GENERATION)
    return max(records, key=lambda record: int(record.id.removeprefix("g")), default=None)


def training_execution(production: str, generation_id: str, attempt: int) -> str:
    """TrainModel's execution name: at most 40 + 1 + 10 + 1 + 4 characters, of 80."""
    return f"{production}-{generation_id}-{attempt}"


def start_training_machine(
    record: Record, *, registry: Registry, executions: Executions, clock: Clock, machine_arn: str
) -> Start:
    """Start TrainModel on a generation unless it runs; one that died gets the next attempt.

    Two callers at once come to the same name, and Step Functions refuses the second.

    Raises:
        Conflict: the generation was written meanwhile; read it again.
    """
    if record.holder is not None and executions.is_running(record.holder):
        return "already_running"
    while True:
        body = GenerationBody.model_validate(record.body)
        generation = Generation(
            production=record.production,
            generation_id=record.id,
            attempt=body.attempt,
            correlation_id=body.correlation_id,
        )
        name = training_execution(record.production, record.id, body.attempt)
        payload = {"generation": generation.model_dump(mode="json")}
        if executions.start(machine_arn, name, payload):
            return "started"
        if executions.is_running(execution_arn(machine_arn, name)):
            return "already_running"
        next_body = body.model_copy(update={"attempt": body.attempt + 1})
        record = registry.replace(
            record.model_copy(
                update={"updated_at": clock(), "body": next_body.model_dump(mode="json")}
            )
        )

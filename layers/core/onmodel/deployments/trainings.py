"""Finds the training that an event or a request is about."""

from __future__ import annotations

from onmodel.contracts.deployments import DeployRequest
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Trainers
from onmodel.registry.kinds import TRAININGS, TrainingRow


def find_training(
    request: DeployRequest, registry: Registry, trainers: Trainers
) -> TrainingRow | None:
    """The training's row, strongly consistent; None for a job that is not of this stack.

    Args:
        request: names the row, or the trainer's job.
        registry: holds the rows.
        trainers: asked about trainings whose job is not in their row: the start failed before the
            reference was written.
    """
    if request.production is not None and request.training_id is not None:
        return TRAININGS.read(registry, request.production, request.training_id)
    rows = list(TRAININGS.list_all(registry))
    found = next((row for row in rows if row.body.job_ref == request.job_arn), None)
    if found is None:
        found = next(
            (
                row
                for row in rows
                if row.body.job_ref is None
                and trainers[row.body.trainer].find(row.production, row.id) == request.job_arn
            ),
            None,
        )
    return found and TRAININGS.read(registry, found.production, found.id)

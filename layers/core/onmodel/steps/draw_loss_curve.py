"""Draw the loss curve of a training, beside its dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from onmodel.contracts.deployments import ClaimRequest
from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.trainings import LossPoint
from onmodel.errors import NotFound
from onmodel.pages.loss_curve import render_loss_curve
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import Trainers
from onmodel.registry.kinds import TRAININGS


def draw_loss_curve(
    request: ClaimRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    trainers: Trainers,
    clock: Clock,
    notices_of: Callable[[str], Sequence[str]],
) -> None:
    """Read the trainer's metrics; write the picture and the numbers.

    Args:
        request: names the training.
        registry: has its row.
        studio: gets both files.
        trainers: one of them is the training's.
        clock: now.
        notices_of: what the picture says above the curve, by the trainer's name.

    Raises:
        NotFound, AnswerRefused: no metrics, or not of the known form; the machine goes on.
    """
    claim = request.training
    training = TRAININGS.require(registry, claim.production, claim.training_id)
    if training.body.loss_curve_key is not None:
        return
    trainer = trainers[training.body.trainer]
    state = trainer.describe(training.body.job_ref or "")
    if state.metrics_ref is None:
        raise NotFound(f"Training {claim.training_id} has no metrics")
    points = trainer.loss_curve(state.metrics_ref)
    keys = DatasetKeys(claim.production, training.body.dataset_id)
    notices = " ".join(notices_of(training.body.trainer))
    studio.put(keys.loss_curve, render_loss_curve(points, notices), "image/svg+xml")
    studio.put(keys.metrics, _table(points), "text/csv")
    TRAININGS.replace(registry, training.with_fields(loss_curve_key=keys.loss_curve), clock())


def _table(points: Sequence[LossPoint]) -> bytes:
    """The numbers as CSV; validation_loss is empty where it was not measured."""
    lines = ["step,loss,validation_loss"]
    for point in points:
        held_out = "" if point.validation_loss is None else point.validation_loss
        lines.append(f"{point.step},{point.loss},{held_out}")
    return ("\n".join(lines) + "\n").encode()

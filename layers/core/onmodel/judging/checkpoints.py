"""Chooses the checkpoint of a training that draws best: by identity, unless it copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from onmodel.contracts.judging import Advice, Interval
from onmodel.contracts.trainings import Checkpoint
from onmodel.formats.wording import listed
from onmodel.judging.advice import LEAST_SCENES, ByScene
from onmodel.judging.intervals import difference_over_scenes

MOST_COPIES = 0.05
"""Share of a checkpoint's pictures. A checkpoint with more has learnt pictures, not characters."""

KEPT = "The checkpoint that draws stays as it was."


@dataclass(frozen=True)
class DrawnByCheckpoint:
    """What was measured of one checkpoint's pictures.

    Attributes:
        identity: by scene.
        copied: of each picture, whether it copies a training picture; empty: not measured.
    """

    identity: ByScene
    copied: Sequence[bool]

    @property
    def copies(self) -> float:
        return float(np.mean(self.copied)) if self.copied else 0.0


def choose_checkpoint(
    drawn: Mapping[int, DrawnByCheckpoint], kept: Sequence[Checkpoint]
) -> tuple[int | None, Advice] | None:
    """The step of the best checkpoint, and why; the step is None when it cannot be told.

    Those that copy are left out. Of the others, by the scenes that all of them drew, the one with
    the highest identity is compared with each, scene by scene. Those whose interval of the
    difference has 0 are ties, and of these the least validation loss is chosen, the earlier step of
    equal ones.

    Args:
        drawn: by step.
        kept: all that the trainer kept.

    Returns:
        None unless all of two or more checkpoints were drawn: one that was not might be better.
    """
    losses = {checkpoint.step: checkpoint.validation_loss for checkpoint in kept}
    if len(drawn) < 2 or drawn.keys() != losses.keys():
        return None
    copying = [step for step, of_step in drawn.items() if of_step.copies > MOST_COPIES]
    left = {step: of_step for step, of_step in drawn.items() if step not in copying}
    if not left:
        return None, _unsure("the pictures of every one copy training pictures")
    identity = _of_common_scenes({step: of_step.identity for step, of_step in left.items()})
    means = {step: _mean(of_step) for step, of_step in identity.items()}
    best = max(left, key=lambda step: (means[step], -step))
    differences = {
        step: difference_over_scenes(identity[best], of_step)
        for step, of_step in identity.items()
        if step != best
    }
    scenes = len(identity[best])
    if scenes < LEAST_SCENES:
        return None, _unsure(
            f"the number of scenes compared is {scenes}, and {LEAST_SCENES} are needed"
        )
    ties = [best, *(step for step, found in differences.items() if _has_zero(found))]
    chosen = min(ties, key=lambda step: _order(losses[step], means[step], step))
    text = f"The checkpoint of step {chosen:,} draws from now on: identity {means[chosen]:.2f}"
    if len(ties) > 1:
        loss = losses[chosen]
        by = "" if loss is None else f", and its validation loss, {loss:.4f}, is the least of them"
        text += f"; by identity it cannot be told from {_steps(set(ties) - {chosen})}{by}"
    if others := set(left) - set(ties):
        text += f"; {_steps(others)} reached less"
    if copying:
        text += f"; {_steps(copying)} copied training pictures"
    return chosen, Advice(verdict="checkpoint_chosen", text=f"{text}.")


def _of_common_scenes(identity: Mapping[int, ByScene]) -> dict[int, ByScene]:
    """A job that was cut off drew more scenes with some: easy ones would favour the others."""
    common = set.intersection(*(set(of_step) for of_step in identity.values()))
    return {
        step: {scene: values for scene, values in of_step.items() if scene in common}
        for step, of_step in identity.items()
    }


def _order(loss: float | None, mean: float, step: int) -> tuple[float, float, int]:
    """Without losses the highest identity comes first."""
    return (0.0, -mean, step) if loss is None else (loss, 0.0, step)


def _mean(identity: ByScene) -> float:
    means = [float(np.mean(values)) for values in identity.values()]
    return float(np.mean(means)) if means else -np.inf


def _has_zero(difference: Interval | None) -> bool:
    return difference is not None and difference.low is not None and difference.low <= 0


def _steps(steps: Sequence[int] | set[int]) -> str:
    return listed([f"step {step:,}" for step in sorted(steps)])


def _unsure(why: str) -> Advice:
    return Advice(
        verdict="cannot_tell", text=f"Cannot choose between the checkpoints: {why}. {KEPT}"
    )

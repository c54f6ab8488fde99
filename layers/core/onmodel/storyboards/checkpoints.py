"""The arms of a storyboard that draw with the checkpoints of a training."""

from __future__ import annotations

from collections.abc import Iterator

from onmodel.contracts.drawings import Arm, arm_of_step, step_of_arm
from onmodel.contracts.storyboards import CHECKPOINTS, Storyboard
from onmodel.errors import SettingsRefused
from onmodel.formats.wording import listed
from onmodel.registry.kinds import TrainingRow


def with_checkpoints(storyboard: Storyboard, training: TrainingRow | None) -> Storyboard:
    """The storyboard with an arm for each checkpoint in the place of `checkpoints`.

    Args:
        storyboard: as written.
        training: whose model draws.

    Raises:
        SettingsRefused: its trainer kept none, or not the one that is named; or nothing is trained.
    """
    kept = () if training is None else training.body.checkpoints
    steps = [arm_of_step(checkpoint.step) for checkpoint in kept]
    named = [arm for arm in storyboard.arms if arm == CHECKPOINTS or step_of_arm(arm) is not None]
    if named and not steps:
        raise SettingsRefused(
            f"arms: {' and '.join(named)} cannot be drawn: "
            + (f"{training.id} kept no checkpoint" if training else "no model is trained yet"),
            "Write tuned, which draws with the trained model",
        )
    if unknown := [arm for arm in named if arm != CHECKPOINTS and arm not in steps]:
        raise SettingsRefused(
            f"arms: there is no {' and '.join(unknown)}", f"Those of the model: {listed(steps)}"
        )
    arms = tuple(dict.fromkeys(_expanded(storyboard, steps)))
    return storyboard.model_copy(update={"arms": arms})


def _expanded(storyboard: Storyboard, steps: list[Arm]) -> Iterator[Arm]:
    for arm in storyboard.arms:
        yield from steps if arm == CHECKPOINTS else (arm,)

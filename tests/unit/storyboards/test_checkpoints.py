from __future__ import annotations

import pytest
from fakes.deployment_in_memory import TRAINING
from fakes.jobs_in_memory import JobsInMemory

from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import Checkpoint
from onmodel.errors import SettingsRefused
from onmodel.registry.kinds import TRAININGS, TrainingRow
from onmodel.storyboards.checkpoints import with_checkpoints


def board(*arms: str) -> Storyboard:
    return Storyboard.model_validate({"scenes": ["Buck smiles"], "arms": arms})


@pytest.fixture
def training() -> TrainingRow:
    row = TRAININGS.require(JobsInMemory().registry, "bunny", TRAINING)
    return row.with_fields(checkpoints=(Checkpoint(step=250), Checkpoint(step=1000)))


def test_checkpoints_when_named_together_then_an_arm_for_each_in_their_place(
    training: TrainingRow,
) -> None:
    arms = with_checkpoints(board("base", "checkpoints", "step-001000"), training).arms
    assert arms == ("base", "step-000250", "step-001000")


def test_checkpoints_when_none_is_named_then_the_storyboard_as_it_was(
    training: TrainingRow,
) -> None:
    assert with_checkpoints(board("tuned"), training) == board("tuned")
    assert with_checkpoints(board("references"), None) == board("references")


@pytest.mark.parametrize("arm", ["checkpoints", "step-000250"])
def test_checkpoints_when_the_trainer_kept_none_then_refused(
    training: TrainingRow, arm: str
) -> None:
    with pytest.raises(SettingsRefused, match=f"{TRAINING} kept no checkpoint"):
        with_checkpoints(board(arm), training.with_fields(checkpoints=()))
    with pytest.raises(SettingsRefused, match="no model is trained yet"):
        with_checkpoints(board(arm), None)


def test_checkpoints_when_a_step_was_not_kept_then_refused_with_those_that_were(
    training: TrainingRow,
) -> None:
    with pytest.raises(SettingsRefused, match="there is no step-000500") as caught:
        with_checkpoints(board("step-000500"), training)
    assert caught.value.advice == "Those of the model: step-000250 and step-001000"

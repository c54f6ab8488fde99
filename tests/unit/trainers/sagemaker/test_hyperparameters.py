import json

import pytest

from onmodel.contracts.sagemaker import SageMakerTrainingSettings
from onmodel.contracts.trainings import DatasetSize
from onmodel.errors import TrainingImpossible
from onmodel.trainers.sagemaker.hyperparameters import (
    read_sagemaker_values,
    recipe,
    sagemaker_value_faults,
    sagemaker_values,
)


@pytest.mark.parametrize(
    ("pictures", "characters", "steps", "rank"),
    [(5, 1, 1000, 32), (50, 2, 1500, 32), (90, 3, 2700, 64), (5000, 9, 3000, 64)],
)
def test_chosen_when_left_out_then_they_follow_from_the_dataset(
    pictures: int, characters: int, steps: int, rank: int
) -> None:
    size = DatasetSize(pictures=pictures, characters=characters)
    values = read_sagemaker_values(sagemaker_values(SageMakerTrainingSettings(), size))
    assert (values.steps, values.rank) == (steps, rank)


def test_chosen_when_there_is_no_dataset_yet_then_the_most() -> None:
    values = read_sagemaker_values(sagemaker_values(SageMakerTrainingSettings(), None))
    assert (values.steps, values.rank) == (3000, 64)


def test_chosen_when_set_then_as_set() -> None:
    settings = SageMakerTrainingSettings(steps=77, rank=8, resolution=512)
    values = read_sagemaker_values(
        sagemaker_values(settings, DatasetSize(pictures=900, characters=9))
    )
    assert (values.steps, values.rank, values.resolution) == (77, 8, 512)


def test_recipe_when_written_then_alpha_is_the_rank_and_memory_has_a_smaller_size() -> None:
    settings = SageMakerTrainingSettings(steps=77, rank=8, resolution=512)
    assert json.loads(recipe(sagemaker_values(settings, None))) == {
        "steps": 77, "rank": 8, "alpha": 8, "learning_rate": 1e-4, "resolution": 512,
        "small_resolution": 512,
    }  # fmt: skip


def test_faults_when_outside_the_limits_then_each_names_its_key() -> None:
    values = sagemaker_values(SageMakerTrainingSettings(steps=5, rank=2), None)
    assert [fault.reason for fault in sagemaker_value_faults(values)] == [
        "training.sagemaker.steps is 5, outside 10 to 20000",
        "training.sagemaker.rank is 2, outside 4 to 256",
    ]


def test_read_when_of_another_trainer_then_impossible() -> None:
    with pytest.raises(TrainingImpossible):
        read_sagemaker_values({"steps": 1, "batch_size": 8, "learning_rate": 1e-5})

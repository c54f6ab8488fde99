"""Hyperparameters of a training job: from the settings, against the limits, as recipe.json."""

from __future__ import annotations

import json
from collections.abc import Iterator

from onmodel.contracts.base import Options
from onmodel.contracts.sagemaker import (
    HYPERPARAMETER_LIMITS,
    SageMakerHyperparameters,
    SageMakerTrainingSettings,
)
from onmodel.contracts.trainings import DatasetSize, Finding, LabelledValue
from onmodel.trainers.findings import hyperparameter_findings, read_hyperparameters
from onmodel.trainers.sagemaker import limits


def sagemaker_values(settings: SageMakerTrainingSettings, dataset: DatasetSize | None) -> Options:
    """The settings' values; what they leave out follows from the dataset.

    Without a dataset the most that may be needed.
    """
    steps, rank = settings.steps, settings.rank
    if steps is None:
        wanted = limits.MOST_STEPS if dataset is None else limits.STEPS_A_PICTURE * dataset.pictures
        steps = min(max(wanted, limits.FEWEST_STEPS), limits.MOST_STEPS)
    if rank is None:
        many = dataset is None or dataset.characters >= limits.MANY_CHARACTERS
        rank = limits.RANK_OF_MANY if many else limits.RANK
    return SageMakerHyperparameters(
        steps=steps,
        rank=rank,
        learning_rate=settings.learning_rate,
        resolution=settings.resolution,
        instances=",".join(settings.instances),
    ).model_dump()


def read_sagemaker_values(values: Options) -> SageMakerHyperparameters:
    """Raises TrainingImpossible when they are not this trainer's."""
    return read_hyperparameters(SageMakerHyperparameters, values, "SageMaker jobs")


def sagemaker_value_faults(values: Options) -> Iterator[Finding]:
    """The values outside the limits."""
    return hyperparameter_findings(
        read_sagemaker_values, values, HYPERPARAMETER_LIMITS, "training.sagemaker"
    )


def described_for_sagemaker(values: Options) -> tuple[LabelledValue, ...]:
    checked = read_sagemaker_values(values)
    return (
        LabelledValue(value=f"{checked.steps:,}", label="steps"),
        LabelledValue(value=f"{checked.rank}", label="rank"),
        LabelledValue(value=f"{checked.learning_rate:g}", label="learning rate"),
        LabelledValue(value=f"{checked.resolution}", label="pixels"),
    )


def recipe(values: Options) -> bytes:
    """recipe.json of trainer/train.py; what it leaves out has the default of trainer/recipe.py."""
    checked = read_sagemaker_values(values)
    return json.dumps(
        {
            "steps": checked.steps,
            "rank": checked.rank,
            "alpha": checked.rank,
            "learning_rate": checked.learning_rate,
            "resolution": checked.resolution,
            "small_resolution": min(768, checked.resolution),
        },
        indent=1,
    ).encode()

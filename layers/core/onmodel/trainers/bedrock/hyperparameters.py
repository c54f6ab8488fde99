"""Hyperparameters of a customization job: from the settings, against the limits, as texts."""

from __future__ import annotations

from collections.abc import Iterator

from onmodel.contracts.base import Options
from onmodel.contracts.bedrock import HYPERPARAMETER_LIMITS, PRESETS, BedrockHyperparameters
from onmodel.contracts.settings import TrainingSettings
from onmodel.contracts.trainings import Finding, LabelledValue
from onmodel.trainers.findings import hyperparameter_findings, read_hyperparameters


def bedrock_values(training: TrainingSettings) -> Options:
    """The preset's values, replaced by those that the settings name."""
    preset = PRESETS[training.bedrock.preset].model_dump()
    set_instead = {name: getattr(training.bedrock, name) for name in preset}
    return preset | {name: value for name, value in set_instead.items() if value is not None}


def read_bedrock_values(hyperparameters: Options) -> BedrockHyperparameters:
    """Raises TrainingImpossible when they are not this trainer's."""
    return read_hyperparameters(BedrockHyperparameters, hyperparameters, "Bedrock")


def bedrock_value_faults(hyperparameters: Options) -> Iterator[Finding]:
    """The values outside the limits."""
    return hyperparameter_findings(
        read_bedrock_values, hyperparameters, HYPERPARAMETER_LIMITS, "training.bedrock"
    )


def described_for_bedrock(hyperparameters: Options) -> tuple[LabelledValue, ...]:
    values = read_bedrock_values(hyperparameters)
    return (
        LabelledValue(value=f"{values.steps:,}", label="steps"),
        LabelledValue(value=f"{values.batch_size:,}", label="pictures a step"),
        LabelledValue(value=f"{values.learning_rate:g}", label="learning rate"),
    )


def as_texts(hyperparameters: Options) -> dict[str, str]:
    """The values as Bedrock takes them: plain decimals."""
    values = read_bedrock_values(hyperparameters)
    return {
        "stepCount": str(values.steps),
        "batchSize": str(values.batch_size),
        "learningRate": f"{values.learning_rate:.12f}".rstrip("0"),
    }

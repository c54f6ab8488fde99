"""Settings of the trainer `bedrock`. Only data: its rules are in trainers/bedrock/.

In settings.yaml and in storyboards these keys may also stand outside their section, where they
stood before there was a second trainer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from onmodel.contracts.base import Contract
from onmodel.contracts.hand_written import within

BASE_MODEL = "amazon.nova-canvas-v1:0"

# Quoted from the article, whose results depend on it.
NEGATIVE_TEXT = "text, ugly, blurry, distorted, low quality, pixelated, watermark, deformed"


HYPERPARAMETER_LIMITS: Mapping[str, tuple[float, float]] = {
    "steps": (10, 20_000),
    "batch_size": (8, 192),
    "learning_rate": (1e-7, 1e-4),
}
"""The lowest and highest value of each; inclusive."""


class BedrockHyperparameters(Contract):
    """The hyperparameters of a customization job."""

    steps: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    learning_rate: float = Field(gt=0, lt=1)


PRESETS = {
    # Bedrock's own defaults: about 20 USD, enough to see whether a dataset works
    "default": BedrockHyperparameters(steps=500, batch_size=8, learning_rate=1e-5),
    # the values that gave the article its results: about 4,480 USD by an unsure price
    "article": BedrockHyperparameters(steps=14_000, batch_size=64, learning_rate=1e-6),
}


class BedrockTrainingSettings(Contract):
    """The section `training.bedrock`."""

    preset: Literal["default", "article"] = "default"
    steps: Annotated[int | None, within(*HYPERPARAMETER_LIMITS["steps"])] = Field(
        default=None, ge=1, description="instead of the preset's"
    )
    batch_size: Annotated[int | None, within(*HYPERPARAMETER_LIMITS["batch_size"])] = Field(
        default=None, ge=1, description="instead of the preset's"
    )
    learning_rate: Annotated[float | None, within(*HYPERPARAMETER_LIMITS["learning_rate"])] = Field(
        default=None, gt=0, lt=1, description="instead of the preset's; higher may hurt quality"
    )


class BedrockPanelOptions(Contract):
    """The section `bedrock` of a storyboard; the defaults are the article's."""

    quality: Literal["standard", "premium"] = "premium"
    cfg_scale: float = Field(
        default=8.0, ge=1.1, le=10, description="how closely the prompt is followed"
    )

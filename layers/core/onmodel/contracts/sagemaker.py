"""Settings and names of the trainer `sagemaker`. Only data: its rules are in trainers/sagemaker/.

The names below are shared by the trainer, by `onmodel trainer prepare` and by the local stack;
contracts/weights.py says where weights and wheels are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from onmodel.contracts.base import Contract
from onmodel.contracts.hand_written import within

JobKind = Literal["training", "drawing", "prepare"]
"""Value of a job's tag `onmodel:kind`."""

JOB_NAMES: Mapping[JobKind, str] = {"training": "train", "drawing": "draw", "prepare": "prepare"}
"""`<stack>-<this>-<16 hex digits>`: the rule and the rights go by the prefix `<stack>-`."""

KIND_TAG = "onmodel:kind"

JOB_FILES = ("code", "wheels", "model")
"""Channels that every job has: the files of trainer/, its wheels, the weights."""

InstanceType = Annotated[str, StringConstraints(pattern=r"^ml\.[a-z0-9-]{1,20}\.[a-z0-9-]{1,20}$")]

INSTANCES: tuple[str, ...] = ("ml.g6e.2xlarge", "ml.g6e.xlarge", "ml.g5.2xlarge")
"""With 48, 48 and 24 GB of GPU memory: the first that has capacity is used."""


def code_prefix(files: Mapping[str, bytes]) -> str:
    """Where these files of trainer/ are, by their names; other content has another prefix."""
    content = hashlib.sha256()
    for name in sorted(files):
        content.update(f"{name}\0{len(files[name])}\0".encode())
        content.update(files[name])
    return f"trainers/sagemaker/code/{content.hexdigest()[:16]}/"


def instance_item(instance: str) -> str:
    """The price book's item for an hour of an instance that trains."""
    return f"sagemaker.{instance}-training-hour"


HYPERPARAMETER_LIMITS: Mapping[str, tuple[float, float]] = {
    "steps": (10, 20_000),
    "rank": (4, 256),
    "learning_rate": (1e-6, 1e-3),
}
"""The lowest and highest value of each; inclusive."""


class SageMakerTrainingSettings(Contract):
    """The section `training.sagemaker`."""

    steps: Annotated[int | None, within(*HYPERPARAMETER_LIMITS["steps"])] = Field(
        default=None, ge=1, description="without it 30 for each picture, within 1,000 and 3,000"
    )
    rank: Annotated[int | None, within(*HYPERPARAMETER_LIMITS["rank"])] = Field(
        default=None,
        ge=1,
        description="of the LoRA; without it 32, and 64 from three characters on",
    )
    learning_rate: Annotated[float, within(*HYPERPARAMETER_LIMITS["learning_rate"])] = Field(
        default=1e-4, gt=0, lt=1
    )
    resolution: Literal[512, 768, 1024] = Field(
        default=1024, description="side of a square with as many pixels as each picture gets"
    )
    instances: tuple[InstanceType, ...] = Field(
        default=INSTANCES, min_length=1, max_length=5,
        description="for training and drawing, the preferred one first; each needs its quota",
    )  # fmt: skip


class SageMakerHyperparameters(Contract):
    """The hyperparameters of a training, complete."""

    steps: int = Field(ge=1)
    rank: int = Field(ge=1)
    learning_rate: float = Field(gt=0, lt=1)
    resolution: int = Field(ge=1)
    instances: str = Field(min_length=1, description="separated by commas")


class SageMakerPanelOptions(Contract):
    """The section `sagemaker` of a storyboard."""

    steps: int = Field(default=50, ge=1, le=200, description="of one picture")
    guidance: float = Field(default=4.0, ge=0, le=20, description="how closely it is followed")


class SageMakerDrawingOptions(SageMakerPanelOptions):
    """The options of a drawing, complete."""

    instances: str = Field(min_length=1, description="separated by commas")
    pixels: int = Field(ge=1, description="of one picture")

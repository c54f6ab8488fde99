"""Contracts of the second half: from a dataset to a model that answers, and back to nothing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from onmodel.contracts.base import Contract, Slug, Usage
from onmodel.settings import Hyperparameters


class Finding(Contract):
    """Something that preflight saw. A blocking one makes training impossible today."""

    code: str = Field(pattern="^[a-z][a-z-]*$", description="stays the same when words change")
    blocking: bool
    reason: str = Field(description="what is wrong, in the user's words, without a full stop")
    advice: str = Field(description="what to do, one sentence")


class DatasetLimits(Contract):
    """What the trainer takes; inclusive."""

    min_records: int
    max_records: int
    min_caption_characters: int
    max_caption_characters: int
    formats: tuple[str, ...] = Field(description="of pictures, as file suffixes")
    max_picture_bytes: int
    min_side: int = Field(description="pixels")
    max_side: int
    max_pixels: int
    max_aspect: float = Field(description="long by short side")


class HyperparameterLimits(Contract):
    """Least and most of each; inclusive."""

    steps: tuple[int, int]
    batch_size: tuple[int, int]
    learning_rate: tuple[float, float]


class PanelLimits(Contract):
    """What can be asked of a picture; inclusive."""

    max_text_characters: int
    min_side: int
    max_side: int
    side_multiple: int
    max_aspect: float
    max_images: int
    max_seed: int


class TrainerLimits(Contract):
    dataset: DatasetLimits
    hyperparameters: HyperparameterLimits
    panel: PanelLimits


class TrainingPlan(Contract):
    """What preflight is asked about."""

    hyperparameters: Hyperparameters
    buckets: tuple[str, ...] = Field(description="of the dataset and of the output")
    other_models: tuple[str, ...] = Field(default=(), description="ids or inference profiles")
    records: int | None = Field(default=None, description="None before the dataset is made")


class TrainingSpec(Contract):
    """One customization job.

    Within a production a `training_id` is used once: a second attempt has its own.
    """

    production: Slug
    dataset_id: Slug
    training_id: Slug
    manifest_uri: str = Field(pattern="^s3://")
    output_uri: str = Field(pattern="^s3://", description="a folder")
    hyperparameters: Hyperparameters


class TrainingNames(Contract):
    """Names at the trainer's service, within its limits."""

    job: str
    model: str


class TrainingStatus(StrEnum):
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"
    GONE = "gone"

    @property
    def is_over(self) -> bool:
        return self not in {TrainingStatus.IN_PROGRESS, TrainingStatus.STOPPING}


class TrainingState(Contract):
    """A training as its trainer tells it now."""

    training_ref: str
    status: TrainingStatus
    name: str | None = None
    reason: str | None = Field(default=None, description="why it failed, in the service's words")
    model_ref: str | None = Field(default=None, description="when completed")
    metrics_ref: str | None = Field(default=None, description="S3 URI, when completed")
    created_at: datetime | None = None
    ended_at: datetime | None = None


class LossPoint(Contract):
    step: int = Field(ge=0)
    loss: float


class DeploymentSpec(Contract):
    """A model to be made to answer.

    Within a production a `deployment_id` is used once, also after its end: the service may take a
    second creation for a repeat of the first.
    """

    production: Slug
    deployment_id: Slug
    model_ref: str
    units: int = Field(default=1, ge=1)


class DeploymentStatus(StrEnum):
    CREATING = "creating"
    IN_SERVICE = "in_service"
    UPDATING = "updating"
    FAILED = "failed"
    GONE = "gone"


class DeploymentState(Contract):
    """A deployment as its trainer tells it now."""

    deployment_ref: str
    status: DeploymentStatus
    name: str | None = None
    reason: str | None = None
    model_ref: str | None = None
    units: int | None = None
    created_at: datetime | None = None


class ResourceKind(StrEnum):
    TRAINING = "training"
    MODEL = "model"
    DEPLOYMENT = "deployment"


class OurResource(Contract):
    """Something of this stack that exists at the trainer's, whatever the Registry knows."""

    kind: ResourceKind
    ref: str
    name: str
    status: str
    billing: Literal["hour", "month", "work"] = Field(description="how it costs while it exists")
    created_at: datetime


class Picture(Contract):
    """A picture for a model: bytes, or where it lies."""

    format: Literal["jpeg", "png"]
    data: bytes | None = None
    s3_uri: str | None = None


class Turn(Contract):
    """One message of a conversation with a model that sees."""

    role: Literal["user", "assistant"]
    text: str
    picture: Picture | None = None


class Reply(Contract):
    """What a model said, and what it cost, in the price book's units."""

    text: str
    stop_reason: str
    usage: tuple[Usage, ...]


class PanelRequest(Contract):
    """One prompt to an image model."""

    text: str = Field(min_length=1)
    negative_text: str | None = Field(default=None, min_length=1)
    width: int = 1024
    height: int = 1024
    quality: Literal["standard", "premium"] = "premium"
    cfg_scale: float = Field(default=8.0, ge=1.1, le=10)
    seed: int = Field(ge=0)
    images: int = Field(default=3, ge=1)


class Panels(Contract):
    """PNG pictures, as many as the model gave."""

    pictures: tuple[bytes, ...]
    notice: str | None = Field(default=None, description="why there are fewer than were asked for")


class Schedule(Contract):
    """Something that will be started once."""

    name: str
    at: datetime = Field(description="UTC")
    target_arn: str
    payload: str = Field(description="JSON")

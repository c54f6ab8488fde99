"""Contracts of a training: its plan, its limits, its state, and the approval that it may need."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from onmodel.contracts.base import Contract, Options, Slug, Usage
from onmodel.contracts.datasets import DatasetRequest
from onmodel.contracts.generations import Preflight


class Finding(Contract):
    """A result of preflight. A blocking one makes training impossible today."""

    code: str = Field(pattern="^[a-z][a-z-]*$", description="stays the same when words change")
    blocking: bool
    reason: str = Field(description="what is wrong, in the user's words, without a full stop")
    advice: str = Field(description="what to do, one sentence")


class DatasetLimits(Contract):
    """The limits of a dataset that the trainer takes; inclusive."""

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


class PanelLimits(Contract):
    """The limits of a picture that an image model draws; inclusive."""

    max_text_characters: int
    min_side: int
    max_side: int
    side_multiple: int
    max_aspect: float
    max_images: int
    max_seed: int


class TrainerLimits(Contract):
    dataset: DatasetLimits
    panel: PanelLimits


class StandingItems(Contract):
    """The price book's items for what costs money while it exists; None: it costs nothing."""

    model_month: str | None = Field(default=None, description="keeping a model for a month")
    deployment_hour: str | None = Field(default=None, description="an hour of a deployment")


class Work(Contract):
    """What a trainer is going to use, in the units that it is billed by, and the assumptions."""

    usage: tuple[Usage, ...] = Field(description="at most")
    either: tuple[Usage, ...] = Field(
        default=(), description="one of these is used besides, and the dearest is quoted"
    )
    usual: tuple[Usage, ...] = Field(
        default=(), description="what is usually used, where that is less; empty: as `usage`"
    )
    assumptions: tuple[str, ...] = Field(default=(), description="without full stops")


CostName = Literal["captions", "training", "drawing", "deployment", "judging"]
"""The parts of a quote, in the order in which they are spent."""


class WorkPart(Contract):
    """One part of what follows a training."""

    name: CostName
    work: Work


class CostPart(Contract):
    """One part of a quote."""

    name: CostName
    usd: float | None = Field(description="at most; None: a price is missing")
    usual_usd: float | None = Field(description="what it usually costs; None: a price is missing")
    is_unsure: bool = Field(default=False, description="a price that it uses is not certain")


class CostQuote(Contract):
    """A quote with one total, its parts and its assumptions."""

    usd: float | None = Field(description="at most, of all parts; None: a price is missing")
    parts: tuple[CostPart, ...]
    assumptions: tuple[str, ...]
    why: str = Field(default="", description="why a person is asked; '' when nobody is")
    training_id: Slug | None = Field(
        default=None, description="whose model draws a storyboard; None for other questions"
    )
    hours: float | None = Field(
        default=None, gt=0, description="that a deployment lasts; None: none is quoted"
    )

    @property
    def usual_usd(self) -> float | None:
        """What all parts usually cost; None when a price is missing, or nothing has parts."""
        known = [part.usual_usd for part in self.parts if part.usual_usd is not None]
        return sum(known) if self.parts and len(known) == len(self.parts) else None

    @property
    def unsure_parts(self) -> tuple[CostName, ...]:
        """The parts with a price that is not certain."""
        return tuple(part.name for part in self.parts if part.is_unsure)

    def usd_of(self, name: CostName) -> float | None:
        """The most that a part costs; 0 for a part that is not in the quote."""
        found = next((part for part in self.parts if part.name == name), None)
        return 0.0 if found is None else found.usd


class LabelledValue(Contract):
    """A value as people read it, for example `500` and `steps`."""

    value: str
    label: str


class DatasetSize(Contract):
    """What a trainer's own hyperparameters depend on."""

    pictures: int = Field(ge=0)
    characters: int = Field(ge=0, description="named ones")


class TrainingPlan(Contract):
    """What preflight checks."""

    hyperparameters: Options
    buckets: tuple[str, ...] = Field(description="of the dataset and of the output")
    other_models: tuple[str, ...] = Field(default=(), description="ids or inference profiles")
    records: int | None = Field(default=None, description="None before the dataset is made")


class TrainingSpec(Contract):
    """One training.

    Within a production a `training_id` is used once: a second attempt has its own.
    """

    production: Slug
    dataset_id: Slug
    training_id: Slug
    manifest_uri: str = Field(pattern="^s3://")
    output_uri: str = Field(pattern="^s3://", description="a folder")
    hyperparameters: Options


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


class Checkpoint(Contract):
    """A model as it was after some steps of its training, which its trainer kept."""

    step: int = Field(ge=1, lt=1_000_000)
    validation_loss: float | None = Field(
        default=None, description="on held-out pictures; None without any"
    )


class TrainingState(Contract):
    """The state of a training now, as its trainer reports it."""

    training_ref: str
    status: TrainingStatus
    name: str | None = None
    reason: str | None = Field(default=None, description="why it failed, in the service's words")
    model_ref: str | None = Field(default=None, description="when completed")
    metrics_ref: str | None = Field(default=None, description="S3 URI, when completed")
    checkpoints: tuple[Checkpoint, ...] = Field(
        default=(), description="that can draw, when completed; the earliest first"
    )
    usage: tuple[Usage, ...] = Field(
        default=(), description="what was billed, when it is over; empty: the service does not say"
    )
    created_at: datetime | None = None
    ended_at: datetime | None = None


class LossPoint(Contract):
    step: int = Field(ge=0)
    loss: float
    validation_loss: float | None = Field(
        default=None, description="on held-out pictures; None where it was not measured"
    )


Purpose = Literal["training", "captions", "review", "deployment", "drawing"]
"""The purpose of an approval: every one but the review is about money."""


class QuoteTrainingRequest(DatasetRequest):
    """`again`: it was quoted, and agreed to; only what the dataset lacks since is asked about."""

    preflight: Preflight
    again: bool = False


class TrainingQuoted(Contract):
    """`usd` is None when a price is missing, never 0."""

    usd: float | None
    approval: bool
    purpose: Literal["training", "captions"] = Field(
        description="what the quote is for: captions alone when nothing can be trained"
    )
    review: Literal["none", "page", "a2i"]


class RequestApprovalRequest(Contract):
    """Called with a task token: the machine waits until follow_link answers it.

    `quote` is None when the dataset's row has it, and in executions that began before it existed.
    `again` makes it another question than the execution's earlier one about the same.
    """

    purpose: Purpose
    production: Slug
    subject_id: Slug
    usd: float | None
    quote: CostQuote | None = None
    token: str = Field(min_length=1, max_length=2048)
    execution_arn: str
    correlation_id: str
    again: bool = False


class Approved(Contract):
    """The output of the waiting state."""

    approved: bool


class TrainingStarted(Contract):
    training_id: str

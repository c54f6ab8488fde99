"""The Registry's rows: kinds, statuses and typed bodies."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from onmodel.contracts.base import FIRST_TRAINER, Contract, Usage
from onmodel.contracts.caption_checks import CaptionCheck
from onmodel.contracts.datasets import Thinness
from onmodel.contracts.judging import JudgedNumber
from onmodel.contracts.trainings import (
    Checkpoint,
    CostPart,
    LabelledValue,
    Purpose,
    TrainingSpec,
)


class Kind(StrEnum):
    PRODUCTION = "production"
    CHARACTER = "character"
    REFERENCE = "reference"
    EMPTY_UPLOAD = "empty"
    FILM = "film"
    CONTENT = "content"
    RUN = "run"
    MAIL = "mail"
    OUTCOME = "outcome"
    GENERATION = "generation"
    DATASET = "dataset"
    APPROVAL = "approval"
    REVIEW = "review"
    HUMAN_LOOP = "humanloop"
    TRAINING = "training"
    DEPLOYMENT = "deployment"
    STORYBOARD = "storyboard"
    STACK = "stack"
    PLACES = "places"
    DETECTOR = "detector"
    ROUND = "round"
    TOMBSTONE = "tombstone"


class GenerationStatus(StrEnum):
    """`holder` of the row is the TrainModel execution that works on it."""

    OPEN = "open"
    CLOSED = "closed"


class GenerationBody(Contract):
    """The open collection of films that the next dataset is made of. Id: g0001."""

    attempt: int = Field(ge=1, description="of TrainModel; one more after each failed execution")
    runs: tuple[str, ...] = Field(description="run_ids of the films that were collected")
    last_prepared_at: datetime
    correlation_id: str = Field(description="of the newest film")
    dataset_id: str | None = Field(
        default=None, description="set when it was closed with a dataset"
    )
    reason: str | None = Field(default=None, description="why it was closed without a dataset")
    advice: str | None = None


class DatasetStatus(StrEnum):
    ASSEMBLED = "assembled"
    CAPTIONED = "captioned"
    READY = "ready"
    REFUSED = "refused"


class DatasetBody(Contract):
    """A dataset; its lines are stored under DatasetKeys. Id: d0001-<8 hex>."""

    generation_id: str
    correlation_id: str
    pictures: int = Field(ge=0)
    named: dict[str, int] = Field(description="pictures by character; unnamed under ''")
    character_names: dict[str, str] = Field(
        default_factory=dict, description="as typed, by slug; empty in rows of before"
    )
    films: tuple[str, ...] = Field(description="film_ids")
    to_caption_key: str
    captions_needed: int = Field(ge=0, description="not in the cache when it was assembled")
    captioned: int | None = None
    caption_failures: int | None = None
    caption_check: CaptionCheck | None = Field(default=None, description="None in rows of before")
    trained: int | None = Field(default=None, description="lines of the manifest")
    usage: tuple[Usage, ...] = ()
    trainer: str = Field(
        default=FIRST_TRAINER, description="that was chosen before the quote, or would train it"
    )
    quoted_usd: float | None = Field(
        default=None, description="of all parts; None: a price is missing"
    )
    quoted_parts: tuple[CostPart, ...] = Field(
        default=(), description="empty in rows whose quote was captions and training only"
    )
    quoted_for: Literal["training", "captions"] | None = Field(
        default=None, description="captions alone when nothing could be trained; None: not yet"
    )
    assumptions: tuple[str, ...] = Field(default=(), description="of the quote")
    references: str = Field(
        default="",
        description="what reference pictures reach without a training; '' when it was not drawn",
    )
    why_asked: str = Field(default="", description="why what was quoted needs an approval")
    thin: Thinness | None = Field(
        default=None,
        description="as it was when it was quoted; None: not yet, or in rows of before",
    )
    estimated_usd: float | None = Field(default=None, description="paid for it; None: unknown")
    findings: tuple[str, ...] = Field(default=(), description="why it cannot be trained")
    notices: tuple[str, ...] = ()
    forecast: tuple[str, ...] = Field(
        default=(), description="which characters a model may mix, and what helps"
    )
    corrections_hash: str | None = Field(
        default=None, description="of the corrections that it follows; None in rows of before"
    )
    selection_hash: str = Field(
        default="", description="of those that its pictures were chosen by; '' in rows of before"
    )
    reason: str | None = Field(default=None, description="of a refused dataset")
    advice: str | None = None


class ApprovalStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """A newer question took its place before it was decided."""


class ApprovalBody(Contract):
    """A question to a person. Id: a hash of execution, purpose and subject."""

    purpose: Purpose
    subject_id: str = Field(
        description="the dataset to train on, the training to deploy, or the storyboard to draw"
    )
    usd: float | None = Field(description="the total; None: a price is missing")
    parts: tuple[CostPart, ...] = Field(default=(), description="of the total")
    why: str = ""
    assumptions: tuple[str, ...] = ()
    task_token: str
    execution_arn: str | None = Field(default=None, description="that asks; None in older rows")
    expires_at: datetime
    correlation_id: str
    asked: int = Field(default=1, ge=1, description="how many task tokens were given")
    replaces: tuple[str, ...] = Field(
        default=(), description="ids of the older questions that it withdraws"
    )
    reason: str = Field(default="", description="why it was declined, where no person did that")
    training_id: str | None = Field(
        default=None, description="whose model draws the storyboard; its dataset is shown"
    )
    hours: float | None = Field(
        default=None,
        gt=0,
        description="that the deployment lasts; None: it is about none, or in older rows",
    )
    decided_at: datetime | None = None
    answered_at: datetime | None = Field(
        default=None, description="when the decision was handed to the execution, or it had ended"
    )

    @property
    def shown_id(self) -> str:
        """The dataset or training whose pictures a person sees beside the question."""
        return self.training_id or self.subject_id


class TrainingStage(StrEnum):
    """What we did with a training; its trainer reports the states of contracts/trainings.py."""

    STARTING = "starting"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"
    GONE = "gone"
    IMPOSSIBLE = "impossible"


class TrainingBody(Contract):
    """One training on one dataset. Id: the dataset's; a second attempt has -t2 appended."""

    dataset_id: str
    correlation_id: str
    spec: TrainingSpec
    trainer: str = Field(default=FIRST_TRAINER, description="asked about it ever after")
    job_ref: str | None = Field(default=None, description="the trainer's own name of the job")
    model_name: str | None = Field(default=None, description="as people find it at the trainer's")
    model_ref: str | None = Field(default=None, description="the trainer's own name of the model")
    checkpoints: tuple[Checkpoint, ...] = Field(default=(), description="that its trainer kept")
    checkpoint: int | None = Field(
        default=None, description="whose step draws; None: the trainer's own choice"
    )
    checkpoint_reason: str = Field(default="", description="why it draws, and by which take")
    described: tuple[LabelledValue, ...] = Field(
        default=(), description="the hyperparameters as people read them"
    )
    quoted_usd: float | None = Field(default=None, description="of captions and training")
    agreed_parts: tuple[CostPart, ...] = Field(
        default=(),
        description="what it was started for, all that follows included; empty in rows that were"
        " written when a deployment was not part of the question",
    )
    approved: bool = Field(default=False, description="whether a person was asked, and agreed")
    usage: tuple[Usage, ...] = Field(
        default=(), description="what was billed; empty: its trainer does not say"
    )
    estimated_usd: float | None = Field(default=None, description="of that; None: unknown")
    reason: str | None = None
    loss_curve_key: str | None = None


class DeploymentStage(StrEnum):
    """What we did with a deployment, or are going to do."""

    PLANNED = "planned"
    CREATING = "creating"
    IN_SERVICE = "in_service"
    RETIRING = "retiring"
    RETIRED = "retired"
    FAILED = "failed"


class DeploymentBody(Contract):
    """A model that answers, and costs money while it does. Id: <training_id>-<n>."""

    training_id: str
    trainer: str = Field(default=FIRST_TRAINER, description="that of its training")
    name: str
    correlation_id: str
    planned_by: str | None = Field(
        default=None, description="ARN of the DeployModel execution; None in older rows"
    )
    requested_at: datetime
    retires_at: datetime
    schedule_name: str
    hours: float = Field(gt=0)
    deployment_ref: str | None = Field(default=None, description="the trainer's own name of it")
    provisioning_at: datetime | None = Field(
        default=None, description="when the trainer was first asked; it may cost money from now on"
    )
    in_service_at: datetime | None = None
    retiring_since: datetime | None = None
    retired_at: datetime | None = None
    unit_usd_hour: float | None = Field(default=None, description="None: no price is known")
    model_usd_month: float | None = Field(default=None, description="of keeping the model")
    storyboard_key: str | None = Field(default=None, description="drawn when in service")
    retire_after_drawing: bool = False
    estimated_usd: float | None = None
    reason: str | None = None


class StoryboardStatus(StrEnum):
    DRAWING = "drawing"
    DRAWN = "drawn"
    FAILED = "failed"


class StoryboardBody(Contract):
    """One take of a storyboard. Id: <name>-<take>."""

    name: str = Field(description="its file's slug, hashed when another file has that slug")
    file: str = Field(default="", description="its file's stem as typed; '' in rows of before")
    take: int = Field(ge=1)
    deployment_id: str | None = Field(default=None, description="None: a job draws it")
    training_id: str | None = Field(default=None, description="whose model draws it in a job")
    trainer: str = FIRST_TRAINER
    drawing_ref: str | None = Field(default=None, description="the trainer's own name of the job")
    usage: tuple[Usage, ...] = Field(default=(), description="what the job used, when it is over")
    correlation_id: str
    title: str = ""
    panels: int = Field(ge=0)
    drawn: int | None = None
    estimated_usd: float | None = None
    reason: str | None = None
    numbers: tuple[JudgedNumber, ...] = Field(default=(), description="of each arm")
    advice: tuple[str, ...] = Field(default=(), description="what the numbers say, in sentences")

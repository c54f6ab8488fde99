"""What each function of TrainModel is called with, and what it answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from onmodel.contracts.base import Contract, Slug
from onmodel.contracts.requests import Consumed

GenerationId = Annotated[str, StringConstraints(pattern=r"^g[0-9]{4,9}$")]
DatasetId = Annotated[str, StringConstraints(pattern=r"^d[0-9]{4,9}-[0-9a-f]{8}$")]
CropId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z-]{1,80}$")]


# ── FilmPrepared → collect_film ──────────────────────────────────────────────────────────────────


class FilmPreparedDetail(Consumed):
    production: Slug
    film_id: Slug
    run_id: Slug
    correlation_id: str


class FilmPreparedEvent(Consumed):
    """Our own event, put by PrepareFilm's last state."""

    source: Literal["onmodel"]
    detail_type: Literal["FilmPrepared"] = Field(alias="detail-type")
    detail: FilmPreparedDetail

    @property
    def correlation_id(self) -> str:
        return self.detail.correlation_id


class FilmCollected(Contract):
    """What became of a prepared film."""

    outcome: Literal["started", "already_running", "recorded", "ignored"]
    generation_id: str | None = None


# ── TrainModel ───────────────────────────────────────────────────────────────────────────────────


class Generation(Contract):
    """TrainModel's input."""

    production: Slug
    generation_id: GenerationId
    attempt: int = Field(ge=1)
    correlation_id: str


class GenerationRequest(Contract):
    generation: Generation

    @property
    def correlation_id(self) -> str:
        return self.generation.correlation_id


class SettleGenerationRequest(GenerationRequest):
    execution_arn: str


class Settled(Contract):
    """`wait_seconds` is at least 1 while not settled: Step Functions waits whole seconds."""

    settled: bool
    wait_seconds: int = Field(ge=0)


class Preflight(Contract):
    """Whether this account can train and deploy today; every reason why not."""

    possible: bool
    findings: tuple[str, ...] = ()


class AssembleDatasetRequest(GenerationRequest):
    preflight: Preflight


class DatasetRef(Contract):
    """A dataset by reference; all that follows is called with it."""

    production: Slug
    dataset_id: DatasetId
    to_caption_key: str
    captions_needed: int = Field(ge=0)
    correlation_id: str


class DatasetRequest(Contract):
    dataset: DatasetRef

    @property
    def correlation_id(self) -> str:
        return self.dataset.correlation_id


class QuoteTrainingRequest(DatasetRequest):
    preflight: Preflight


class TrainingQuoted(Contract):
    """`usd` is None when a price is missing: told, never zero."""

    usd: float | None
    approval: bool
    review: Literal["none"]


class RequestApprovalRequest(Contract):
    """Called with a task token: the machine waits until the door answers it."""

    purpose: Literal["training", "deployment"]
    production: Slug
    subject_id: Slug
    usd: float | None
    token: str = Field(min_length=1, max_length=2048)
    execution_arn: str
    correlation_id: str


class Approved(Contract):
    """What the waiting state gets."""

    approved: bool


class CaptionItem(Contract):
    """A line of to_caption.jsonl: one crop without a cached caption."""

    crop_id: CropId
    production: Slug
    dataset_id: DatasetId


class CaptionMessage(Contract):
    """Body of a message of the caption queue, sent by a child of the map."""

    token: str = Field(min_length=1, max_length=2048)
    item: CaptionItem
    correlation_id: str


class CaptionsCollected(Contract):
    captioned: int = Field(ge=0)
    failed: int = Field(ge=0)


class TrainingStarted(Contract):
    training_id: str

"""What each function of TrainModel is called with, and what it answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError

from onmodel.contracts.base import Contract, Slug, Usage
from onmodel.contracts.dataset import Caption
from onmodel.contracts.requests import Consumed

GenerationId = Annotated[str, StringConstraints(pattern=r"^g[0-9]{4,9}$")]
DatasetId = Annotated[str, StringConstraints(pattern=r"^d[0-9]{4,9}-[0-9a-f]{8}$")]
Purpose = Literal["training", "captions", "review", "deployment"]
"""What a person is asked about: money in every case but the review."""

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
    warnings: tuple[str, ...] = ()


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
    purpose: Literal["training", "captions"] = Field(
        description="what the quote is for: captions alone when nothing can be trained"
    )
    review: Literal["none"]


class RequestApprovalRequest(Contract):
    """Called with a task token: the machine waits until the door answers it."""

    purpose: Purpose
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
    character: str | None
    key: str = Field(description="S3 key of the picture in the studio bucket")


class CaptionMessage(Contract):
    """Body of a message of the caption queue, sent by a child of the map."""

    token: str = Field(min_length=1, max_length=2048)
    item: CaptionItem
    correlation_id: str
    throttled: int = Field(default=0, ge=0, description="how often it was put back for a throttle")


class QueuedMessage(Consumed):
    """A message as SQS hands it to a function."""

    message_id: str = Field(alias="messageId")
    body: str
    attributes: dict[str, str] = Field(default_factory=dict)

    @property
    def receives(self) -> int:
        """How often it was handed out, this time included."""
        return int(self.attributes.get("ApproximateReceiveCount", "1"))

    @property
    def correlation_id(self) -> str:
        """Empty for a message that nobody of ours sent."""
        try:
            return CaptionMessage.model_validate_json(self.body).correlation_id
        except ValidationError:
            return ""


class QueuedMessages(Consumed):
    """What SQS calls a function with."""

    records: tuple[QueuedMessage, ...] = Field(alias="Records", min_length=1)

    @property
    def correlation_id(self) -> str:
        """Of each message once: a batch may hold pictures of two trainings."""
        return ",".join(sorted({record.correlation_id for record in self.records} - {""}))


class FailedMessage(Contract):
    itemIdentifier: str  # noqa: N815 - as Lambda reads it


class PartialFailures(Contract):
    """The messages that are to be handed out again."""

    batchItemFailures: tuple[FailedMessage, ...] = ()  # noqa: N815 - as Lambda reads it


class CaptionAnswer(Contract):
    """captions/<crop_id>.json: what captioning one crop came to, and what it cost."""

    crop_id: str
    caption: Caption | None
    reason: str = Field(default="", description="why there is none")
    usage: tuple[Usage, ...] = ()


class CaptionsCollected(Contract):
    captioned: int = Field(ge=0)
    failed: int = Field(ge=0)


class TrainingStarted(Contract):
    training_id: str

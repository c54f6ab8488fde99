"""Contracts of captions: asked for by queue, answered one by one, checked together."""

from __future__ import annotations

from pydantic import Field, ValidationError

from onmodel.contracts.base import (
    CharacterSlug,
    Consumed,
    Contract,
    Slug,
    Usage,
)
from onmodel.contracts.datasets import CropId, DatasetId
from onmodel.contracts.framing import FigurePlace, Framing

BY_A_PERSON = "person"
"""Stands where a caption names the model that wrote it."""


class Caption(Contract):
    """A crop's caption as the model or a person wrote it. A line of captions.jsonl."""

    crop_id: str
    text: str = Field(min_length=1)
    model: str = Field(description="BY_A_PERSON when a person wrote it")
    repaired: bool = Field(default=False, description="the model was asked a second time")
    first: str = Field(
        default="",
        exclude_if=lambda first: not first,
        description="what the model wrote, where the check of all captions changed it",
    )


class CaptionItem(Contract):
    """A line of to_caption.jsonl: one crop without a cached caption."""

    crop_id: CropId
    production: Slug
    dataset_id: DatasetId
    character: str | None
    beside: tuple[CharacterSlug, ...] = Field(
        default=(), exclude_if=lambda beside: not beside, description="as in the item"
    )
    framing: Framing | None = Field(
        default=None, exclude_if=lambda framing: framing is None, description="as in the item"
    )
    place: FigurePlace | None = Field(
        default=None, exclude_if=lambda place: place is None, description="as of the item"
    )
    worn: str = Field(
        default="", exclude_if=lambda worn: not worn, description="look of the character"
    )
    key: str = Field(description="S3 key of the picture in the studio bucket")
    character_name: str = Field(
        default="",
        exclude_if=lambda name: not name,
        description="as a person typed it in a review, where only people named this character",
    )
    names_beside: dict[CharacterSlug, str] = Field(
        default_factory=dict,
        exclude_if=lambda names: not names,
        description="likewise, of the characters beside it",
    )
    faults: tuple[str, ...] = Field(
        default=(),
        exclude_if=lambda faults: not faults,
        description="of the caption that it has, for the model: it is asked once more",
    )


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
        """How often it was delivered, this time included."""
        return int(self.attributes.get("ApproximateReceiveCount", "1"))

    @property
    def correlation_id(self) -> str:
        """Empty for a message that was not sent by our state machine."""
        try:
            return CaptionMessage.from_stored(self.body).correlation_id
        except ValidationError:
            return ""


class QueuedMessages(Consumed):
    """The event that SQS sends to a function."""

    records: tuple[QueuedMessage, ...] = Field(alias="Records", min_length=1)

    @property
    def correlation_id(self) -> str:
        """Each id once: a batch may hold pictures of two trainings."""
        return ",".join(sorted({record.correlation_id for record in self.records} - {""}))


class FailedMessage(Contract):
    itemIdentifier: str  # noqa: N815 - as Lambda reads it


class PartialFailures(Contract):
    """The messages that SQS is to deliver again."""

    batchItemFailures: tuple[FailedMessage, ...] = ()  # noqa: N815 - as Lambda reads it


class CaptionAnswer(Contract):
    """captions/<crop_id>.json: the result of captioning one crop, and its cost."""

    crop_id: str
    caption: Caption | None
    reason: str = Field(default="", description="why there is none")
    refused_token_hash: str = Field(
        default="",
        exclude_if=lambda token_hash: not token_hash,
        description="SHA-256, in hex, of the token whose task got no usable answer; it is not asked"
        " again",
    )
    usage: tuple[Usage, ...] = ()
    asked_again: bool = Field(
        default=False,
        exclude_if=lambda asked: not asked,
        description="for this dataset, after the check of all captions",
    )


class CaptionsChecked(Contract):
    """The result of check_captions."""

    stripped: int = Field(ge=0, description="put right by a rule")
    to_caption_again: int = Field(ge=0, description="lines of to_caption_again_key")
    to_caption_again_key: str


class CaptionsCollected(Contract):
    captioned: int = Field(ge=0)
    failed: int = Field(ge=0)

"""Contracts of TrainModel's first half: from crops to a captioned, split, immutable dataset."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from onmodel.contracts.base import Box, Contract, Seconds, Slug


class Split(StrEnum):
    """Where a picture of a dataset goes; a shot is never in both."""

    TRAINING = "training"
    VALIDATION = "validation"


class DatasetItem(Contract):
    """One picture of a dataset with its lineage. A line of items.jsonl.

    The vector of line i is row i of the vectors.npy beside it.
    """

    crop_id: str
    film_id: Slug
    character: str | None = Field(description="None when nobody could name it")
    timecode_seconds: Seconds
    shot: int = Field(ge=0)
    box: Box = Field(description="the figure in the film's pixels")
    width: int = Field(gt=0, description="of the picture file")
    height: int = Field(gt=0)
    quality: float = Field(ge=0, le=1)
    key: str = Field(description="S3 key of the picture in the studio bucket")
    split: Split = Split.TRAINING


class LeftOutReason(StrEnum):
    UNNAMED = "unnamed"
    NEAR_DUPLICATE = "near_duplicate"
    OVER_CAP = "over_cap"
    CAPTION_FAILED = "caption_failed"
    REVIEWED_OUT = "reviewed_out"


class LeftOut(Contract):
    """A crop that did not come into the dataset, and why. A line of left_out.jsonl."""

    crop_id: str
    film_id: Slug
    reason: LeftOutReason
    character: str | None = None
    detail: str = Field(default="", description="the measured value and the limit")
    kept_instead: str | None = Field(default=None, description="crop_id of the kept duplicate")


class CharacterCount(Contract):
    """How many pictures of a character came in and were left out; `""` stands for nobody."""

    character: str
    kept: int = Field(ge=0)
    left_out: int = Field(ge=0)
    training: int = Field(ge=0)
    validation: int = Field(ge=0)


class DatasetSummary(Contract):
    """summary.json of a dataset: told in mails, by the CLI and on its page."""

    dataset_id: str
    films: tuple[Slug, ...]
    characters: tuple[CharacterCount, ...]
    left_out: dict[LeftOutReason, int]
    notices: tuple[str, ...] = ()

    @property
    def pictures(self) -> int:
        return sum(count.kept for count in self.characters)


class Caption(Contract):
    """A crop's caption as the model wrote it. A line of captions.jsonl."""

    crop_id: str
    text: str = Field(min_length=3, max_length=1024)
    model: str
    repaired: bool = False


class PictureFacts(Contract):
    """What a trainer's limits judge of a picture file."""

    width: int = Field(ge=0)
    height: int = Field(ge=0)
    size_bytes: int = Field(ge=0)
    format: Literal["jpeg", "png", "webp"] | None = Field(description="None when unreadable")


class Violation(Contract):
    """One broken limit of a manifest; `line` counts from 1, None concerns the whole file."""

    line: int | None
    rule: str
    detail: str

    def __str__(self) -> str:
        place = "the file" if self.line is None else f"line {self.line}"
        return f"{place}: {self.detail}"

"""A dataset: captioned, split, immutable; and what was left out of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from onmodel.contracts.base import (
    Box,
    CharacterSlug,
    Contract,
    Seconds,
    Slug,
)
from onmodel.contracts.caption_checks import CaptionCheck
from onmodel.contracts.framing import FigurePlace, Framing, place_in


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
    character: str | None = Field(description="None when it was not named")
    timecode_seconds: Seconds
    shot: int = Field(ge=0)
    box: Box = Field(description="the figure in the film's pixels")
    window: Box | None = Field(
        default=None, description="what was cut out around it; None in datasets of before"
    )
    width: int = Field(gt=0, description="of the picture file")
    height: int = Field(gt=0)
    quality: float = Field(ge=0, le=1)
    key: str = Field(description="S3 key of the picture in the studio bucket")
    split: Split = Split.TRAINING
    beside: tuple[CharacterSlug, ...] = Field(
        default=(),
        exclude_if=lambda beside: not beside,
        description="the other characters to be seen, the largest first",
    )
    is_group: bool = Field(
        default=False,
        exclude_if=lambda is_group: not is_group,
        description="a character beside is half as large as `character`, or larger",
    )
    replaces: str | None = Field(
        default=None,
        exclude_if=lambda replaces: replaces is None,
        description="what the namer said, '' for nobody, where a person said otherwise",
    )
    rejected: bool = Field(
        default=False,
        exclude_if=lambda rejected: not rejected,
        description="by a person, after the dataset was assembled: it is not trained on",
    )

    framing: Framing | None = Field(
        default=None, exclude_if=lambda framing: framing is None, description="as of the crop"
    )
    look: str = Field(
        default="",
        exclude_if=lambda look: not look,
        description="of the character that the namer gave; '' where none is known",
    )

    @property
    def worn(self) -> str:
        """The look, unless a person gave the picture to another character; '' for none."""
        return self.look if self.character == self.named else ""

    @property
    def place(self) -> FigurePlace | None:
        """Where in the picture the figure is; None where its box fills it or is not known."""
        return None if self.window is None else place_in(self.box, self.window)

    @property
    def named(self) -> str | None:
        """What the namer said, whatever a person said."""
        return self.character if self.replaces is None else self.replaces or None

    @property
    def also_seen(self) -> tuple[str, ...]:
        """`beside` without the name that a person gave to the picture since."""
        return tuple(slug for slug in self.beside if slug != self.character)


class DatasetShown(Contract):
    """A dataset beside a question about it."""

    dataset_id: str
    pictures: int
    characters: dict[str, int] = Field(description="pictures by slug; unnamed under ''")
    character_names: dict[str, str] = Field(default_factory=dict, description="for people, by slug")
    films: tuple[str, ...] = Field(description="titles")
    forecast: tuple[str, ...] = Field(
        default=(), description="which characters a model may mix, and what helps"
    )
    references: str = Field(
        default="",
        description="what reference pictures reach without a training; '' when it was not drawn",
    )


class LeftOutReason(StrEnum):
    UNNAMED = "unnamed"
    NAMELESS_BESIDE = "nameless_beside"
    POOR = "poor"
    NEAR_DUPLICATE = "near_duplicate"
    ONE_OFF_LOOK = "one_off_look"
    OVER_CAP = "over_cap"
    CAPTION_FAILED = "caption_failed"
    REVIEWED_OUT = "reviewed_out"


class LeftOut(Contract):
    """A crop that did not come into the dataset, and why. A line of left_out.jsonl."""

    crop_id: str
    film_id: Slug
    reason: LeftOutReason
    character: str | None = None
    look: str = Field(
        default="",
        exclude_if=lambda look: not look,
        description="of the character; '' where none is known",
    )
    detail: str = Field(default="", description="the measured value and the limit")
    kept_instead: str | None = Field(default=None, description="crop_id of the kept duplicate")


class CharacterCount(Contract):
    """How many pictures of a character are in, and were left out; `""` counts the unnamed ones."""

    character: str
    kept: int = Field(ge=0)
    left_out: int = Field(ge=0)
    training: int = Field(ge=0)
    validation: int = Field(ge=0)
    one_off_looks: int = Field(
        default=0,
        ge=0,
        exclude_if=lambda number: number == 0,
        description="of those that were left out, pictures of one-off looks",
    )


class Thinness(Contract):
    """What a dataset lacks to teach and to be measured.

    Attributes:
        few: training pictures of the characters that have fewer than the settings want, by slug.
        nothing_held_out: no picture is for validation, where the settings hold some out.
    """

    few: dict[str, int] = Field(default_factory=dict)
    nothing_held_out: bool = False


class DatasetSummary(Contract):
    """summary.json of a dataset: shown in mails, by the CLI and on its page."""

    dataset_id: str
    films: tuple[Slug, ...]
    characters: tuple[CharacterCount, ...]
    left_out: dict[LeftOutReason, int]
    notices: tuple[str, ...] = ()
    forecast: tuple[str, ...] = Field(
        default=(), description="which characters a model may mix, and what helps"
    )
    captions: CaptionCheck | None = Field(
        default=None, description="None before captions are collected, and in files of before"
    )

    @property
    def pictures(self) -> int:
        return sum(count.kept for count in self.characters)


class CaptionedPicture(Contract):
    """A picture of a dataset with its caption: the content of one line of a trainer's manifest."""

    item: DatasetItem
    uri: str = Field(pattern="^s3://", description="of the picture")
    caption: str


class PictureFacts(Contract):
    """The facts of a picture file that are compared with a trainer's limits."""

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


DatasetId = Annotated[str, StringConstraints(pattern=r"^d[0-9]{4,9}-[0-9a-f]{8}$")]


CropId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z-]{1,80}$")]


class DatasetRef(Contract):
    """The reference of a dataset: the input of every later state."""

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

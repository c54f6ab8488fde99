"""The review of a production's pictures: what people decided, and the JSON of the page's API."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from onmodel.contracts.base import CharacterSlug, Contract
from onmodel.contracts.characters import LONGEST_NAME
from onmodel.contracts.datasets import CropId
from onmodel.contracts.hand_written import Name

MOST_CORRECTIONS = 100
"""Of one request."""

LONGEST_POSTED_CAPTION = 20_000
"""Characters that are read. A longer caption than trainers take is refused by itself, and not the
whole request."""

MOST_DIFFERENT = 500
"""Crops that one crop is told apart from: a row has at most 400 KB."""


class Verdict(StrEnum):
    KEPT = "kept"
    REJECTED = "rejected"


class Decision(Contract):
    """What people decided about one crop. None leaves a field as the pipeline has it."""

    verdict: Verdict | None = None
    character: CharacterSlug | Literal[""] | None = Field(
        default=None, description="'' is nobody: the crop has no name"
    )
    character_name: Name | None = Field(
        default=None,
        max_length=LONGEST_NAME,
        exclude_if=lambda name: name is None,
        description="for people, as typed, of a character that a person named first here",
    )
    caption: str | None = Field(default=None, max_length=LONGEST_POSTED_CAPTION)
    not_a_match: tuple[CropId, ...] = Field(
        default=(), max_length=MOST_DIFFERENT, description="these are no near-duplicates of it"
    )


class CorrectionStatus(StrEnum):
    GIVEN = "given"


class CorrectionBody(Decision):
    """A row of the Registry. Id: the crop's; its revision is the version that the page names.

    It belongs to the production: it holds for every later run and dataset.
    """

    changed_at: datetime


# ── the API: GET ./items, POST ./corrections, GET ./groups, POST ./done ──────────────────────────


class Correction(Decision):
    """The decision that stands, and its version, from 1."""

    version: int = Field(ge=1)


class PostedCorrection(Decision):
    """A decision as the page sends it, whole: fields that are left out are taken back."""

    crop_id: CropId
    version: int = Field(ge=0, description="that it was made from; 0: there was none")


class CorrectionsRequest(Contract):
    corrections: tuple[PostedCorrection, ...] = Field(min_length=1, max_length=MOST_CORRECTIONS)


class CorrectionResult(Contract):
    """`saved` false: `correction` is what stands, of somebody else, or `reason` says why."""

    crop_id: CropId
    saved: bool
    version: int = Field(ge=0)
    correction: Correction | None
    reason: str = ""


class CorrectionsSaved(Contract):
    results: tuple[CorrectionResult, ...]


DoubtKind = Literal["margin", "outlier", "near_duplicate", "quality", "caption"]


class Doubt(Contract):
    """Why a crop should be looked at."""

    kind: DoubtKind
    text: str = Field(description="for people")
    weight: Annotated[float, Field(ge=0, le=1)]


class SheetPlace(Contract):
    """Where a thumbnail is in one of the page's sheets, in pixels."""

    sheet: int = Field(ge=0, description="place in the page's `sheets`")
    x: int = Field(ge=0)
    y: int = Field(ge=0)
    width: int = Field(gt=0)
    height: int = Field(gt=0)


class ReviewItem(Contract):
    """One crop as the page shows it.

    `character`, `name` and `caption` are the pipeline's; `correction` has what people changed.
    """

    crop_id: CropId
    character: str = Field(description="slug; '' when it has no name")
    name: str = Field(description="for people; '' when it has no name")
    caption: str = Field(description="'' when there is none yet")
    look: str = Field(
        default="",
        exclude_if=lambda look: not look,
        description="of the character that the pipeline gave; '' where none is known",
    )
    width: int
    height: int
    picture: str = Field(description="address")
    thumbnail: SheetPlace | None
    film: str = Field(description="title")
    timecode: str
    shot: int
    quality: float
    doubts: tuple[Doubt, ...]
    left_out: str = Field(
        default="", description="why it is in no dataset, for people; '' when it is"
    )
    group: str | None = Field(description="of near-duplicates")
    cluster: str | None = Field(description="of unnamed crops that are alike")
    correction: Correction | None


class ReviewCharacter(Contract):
    slug: str
    name: str
    description: str = Field(default="", description="traits that captions should not repeat")
    references: tuple[str, ...] = Field(description="addresses of pictures")
    hue: int = Field(default=0, ge=0, description="number of its colour on all pages; 0: none yet")


class CommonPhrase(Contract):
    """Words that too many captions of the dataset have."""

    text: str = Field(description="in lower case, without names")
    character: str = Field(description="slug; '' where captions of all count")
    is_opening: bool = Field(description="captions begin with it")


class ReviewPage(Contract):
    """At most `limit` items, the most doubtful first."""

    production: str = Field(description="for people")
    dataset_id: str | None = Field(description="None: no dataset was made yet")
    is_waited_for: bool = Field(description="a machine goes on after POST ./done")
    threshold: float = Field(description="of near-duplicates, as the settings have it")
    stack_options: str = Field(
        default="", description="of the command `onmodel`, in commands on the page"
    )
    characters: tuple[ReviewCharacter, ...]
    phrases: tuple[CommonPhrase, ...] = Field(
        default=(), description="for the check of captions while they are typed"
    )
    sheets: tuple[str, ...] = Field(description="addresses of pictures that hold thumbnails")
    total: int = Field(ge=0)
    next: str | None = Field(description="for ./items?after=…; None on the last page")
    items: tuple[ReviewItem, ...]


class NewCharacter(Contract):
    """GET ./character?name=…: the id of a name that a person typed, and the name as it is kept."""

    slug: CharacterSlug
    name: str


class NearDuplicateGroups(Contract):
    """Groups at a threshold. The first crop of a group is kept; `of` crops were compared."""

    threshold: float
    kept: int = Field(ge=0)
    of: int = Field(ge=0)
    groups: tuple[tuple[CropId, ...], ...]


class ReviewDone(Contract):
    message: str


FaultCode = Literal["expired", "not_found", "bad_request", "closed", "unavailable"]


class ReviewFault(Contract):
    """Every answer of the API with a status of 400 or more."""

    error: str = Field(description="for people")
    code: FaultCode

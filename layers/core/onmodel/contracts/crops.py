"""Contracts of figures: as they are found, cut out, dropped and named."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from onmodel.contracts.base import Box, Contract, Seconds, Slug
from onmodel.contracts.framing import Framing

LARGE_SHARE = 0.5
"""Visible part of another figure, by the area of a crop's own, from which both are shown."""


class RejectReason(StrEnum):
    BLACK = "black"
    BLANK = "blank"
    FADE = "fade"
    BLURRED = "blurred"
    UNCHANGED = "unchanged"
    NO_FIGURE = "no_figure"
    NO_ANSWER = "no_answer"
    INVENTED = "invented"
    TOO_SMALL = "too_small"
    ENLARGED = "enlarged"
    TEXT = "text"
    SURPLUS = "surplus"
    NEAR_DUPLICATE = "near_duplicate"
    UNREADABLE = "unreadable"


class Detection(Contract):
    """One figure that a finder found in one frame."""

    box: Box = Field(description="in the film's display pixels")
    label: str = Field(description="what the finder took it for")
    confidence: float = Field(ge=0, le=100, description="the finder's, in percent")
    wide: bool = Field(default=False, description="the whole picture area: found without a box")
    found_by: tuple[str, ...] = Field(
        default=(), description="kinds of the finders, the one whose box it is first"
    )
    face: Box | None = Field(default=None, description="where a finder of faces saw its face")
    is_grown: bool = Field(
        default=False, description="the box is grown from the face: the figure may go on beyond it"
    )


class OtherFigure(Contract):
    """Another figure that a crop shows beside its own."""

    box: Box = Field(description="in the film's display pixels")
    share: float = Field(ge=0, description="its visible part by the area of the crop's own figure")
    crop_id: str | None = Field(default=None, description="of its own crop; None: it has none")
    track: int | None = Field(default=None, description="of that crop; None until joined")

    @property
    def is_large(self) -> bool:
        """Both figures are shown: the picture is a group picture."""
        return self.share >= LARGE_SHARE


class BackgroundMoved(Contract):
    """How far the background moved in the picture since an earlier frame: the camera's movement.

    Frames with the same `since` are comparable; where the movement was not found, a new frame
    begins.
    """

    since: Seconds = Field(description="timecode of the frame from which it is measured")
    across: float = Field(default=0, description="in the film's display pixels, to the right")
    down: float = Field(default=0, description="in the film's display pixels")


class Crop(Contract):
    """One figure cut out of one frame, centred and padded. A line of crops.jsonl.

    The vector of line i is row i of the vectors.npy beside it.
    """

    crop_id: str
    film_id: Slug
    timecode_seconds: Seconds
    shot: int = Field(ge=0, description="number of the shot, within the chunk until joined")
    chunk: int = Field(ge=0)
    track: int | None = Field(
        default=None, description="number of the track in the film; None until joined"
    )
    box: Box = Field(description="the figure")
    window: Box = Field(description="what was cut out around it")
    width: int = Field(gt=0, description="of the picture file")
    height: int = Field(gt=0)
    label: str = Field(description="what the finder took it for")
    confidence: float = Field(ge=0, le=100, description="the finder's, in percent")
    wide: bool = Field(default=False, description="the whole frame: a label without a box")
    found_by: tuple[str, ...] = Field(
        default=(), description="kinds of the finders; empty in lines of before"
    )
    sharpness: float = Field(ge=0)
    quality: float = Field(ge=0, le=1, description="what deduplication keeps the best of")
    key: str = Field(description="S3 key of the picture in the studio bucket")
    framing: Framing | None = Field(
        default=None,
        exclude_if=lambda framing: framing is None,
        description="None where the boxes do not tell, and in lines of before",
    )
    others: tuple[OtherFigure, ...] = Field(
        default=(),
        exclude_if=lambda others: not others,
        description="what else it shows, the largest first; empty in lines of before",
    )
    background: BackgroundMoved | None = Field(
        default=None,
        exclude_if=lambda background: background is None,
        description="where the camera is; None where frames are not followed, and in lines of"
        " before",
    )


class Rejected(Contract):
    """Something dropped, and why. A line of rejected.jsonl."""

    reason: RejectReason
    timecode_seconds: Seconds
    chunk: int = Field(ge=0)
    detail: str = Field(default="", description="the measured value and the limit")
    crop_id: str | None = None
    box: Box | None = None
    kept_instead: str | None = Field(default=None, description="crop_id of the kept duplicate")


class Naming(Contract):
    """A namer's answer for one crop. `character` is None when it abstained."""

    crop_id: str
    character: str | None
    confidence: float = Field(ge=-1, le=1)
    margin: float = Field(ge=0, le=2, description="ahead of the next character by")
    runner_up: str | None = None
    look: str = Field(
        default="",
        exclude_if=lambda look: not look,
        description="of the character; '' where it has one or none, or it is not sure which",
    )
    group: str | None = Field(
        default=None,
        description="the crop that stands for those without a name that look like this one",
    )
    ruled_out: tuple[str, ...] = Field(
        default=(),
        exclude_if=lambda ruled_out: not ruled_out,
        description="characters whose faces are known and are not the one that it shows",
    )
    replaces: str | None = Field(
        default=None,
        exclude_if=lambda replaces: replaces is None,
        description="what the namer said, '' for nobody, where a person said otherwise",
    )


class Thumbnail(Contract):
    """A line of thumbnails.jsonl: a small JPEG for reports, by crop or by dropped frame."""

    id: str
    jpeg: str

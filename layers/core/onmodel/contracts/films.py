"""Contracts of PrepareFilm: from the uploaded film to its kept crops."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from onmodel.contracts.base import Box, Contract, ObjectRef, Seconds, Slug, Usage
from onmodel.contracts.crops import RejectReason
from onmodel.contracts.namers import NameThreshold


class Run(Contract):
    """One preparation of one film under one snapshot of its settings: PrepareFilm's input."""

    production: Slug
    film_id: Slug
    run_id: Slug
    samples_id: Slug
    title: str = Field(description="the film's own file name, for people")
    source: ObjectRef
    attempt: int = Field(ge=1)
    correlation_id: str


class Shape(Contract):
    """A size that pictures of a film have, upright and in square pixels, and their bars."""

    width: int = Field(gt=0)
    height: int = Field(gt=0)
    picture: Box = Field(description="the frame without letter or pillar bars")


PICTURES = "pictures"
"""Container and codec of an archive of pictures."""


class FilmFacts(Contract):
    """A film's shape by its header, and its length, rate and bars as measured."""

    container: str
    codec: str
    width: int = Field(
        gt=0, description="of the first picture, in square pixels and after rotation"
    )
    height: int = Field(gt=0)
    duration_seconds: Seconds
    frames_per_second: float = Field(gt=0)
    rotation_degrees: int = 0
    interlaced: bool = False
    has_index: bool = True
    picture: Box = Field(description="the frame without letter or pillar bars")
    size_bytes: int = Field(ge=0)
    other_shapes: tuple[Shape, ...] = Field(
        default=(), description="of later pictures whose size or aspect differs from the first's"
    )
    notices: tuple[str, ...] = Field(
        default=(), description="what of the film is missing or cannot be shown right"
    )

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """All shapes that were found; the first is that of width, height and picture."""
        first = Shape(width=self.width, height=self.height, picture=self.picture)
        return (first, *self.other_shapes)

    @property
    def size_of_all(self) -> tuple[int, int] | None:
        """Width and height of every picture; None where they differ, as in an archive."""
        if self.other_shapes or self.container == PICTURES:
            return None
        return self.width, self.height


class Chunk(Contract):
    """A half-open span [start, end) between two keyframes, worked by one invocation.

    A line of chunks.jsonl: small, because Step Functions carries it to the invocation.
    """

    index: int = Field(ge=0)
    start_seconds: Seconds
    end_seconds: Seconds


class StoredSignature(Contract):
    """The signature of a decoded picture; see video.shots.signatures for its values."""

    seconds: float
    signature: tuple[float, ...]


StoredCutHint = tuple[float, float, bool]
"""since, until and is_cut of a video.shots.cut_hints.CutHint."""


class ChunkShots(Contract):
    """What is needed to number shots across chunks: see video.shots.shot_counter."""

    cuts: int = Field(default=0, ge=0, description="between `first` and `last`")
    first: StoredSignature | None = Field(
        default=None, description="of the first picture that is not blank; None: all are blank"
    )
    last: StoredSignature | None = None
    before: tuple[StoredCutHint, ...] = Field(default=(), description="up to `first`, or all")
    after: tuple[StoredCutHint, ...] = Field(default=(), description="from `last` on")
    dark_before: bool = Field(default=False, description="blank pictures precede `first`")
    dark_after: bool = Field(default=False, description="blank pictures follow `last`")


class StoredSmallPicture(Contract):
    """A small copy of a sample; see video.sampling.mixtures."""

    seconds: float
    png: str = Field(description="base64 of a grey PNG")
    detail: float = Field(ge=0, description="variance of the finer structure")


class ChunkBorders(Contract):
    """What is needed to tell dissolves across chunks: see video.sampling.mixtures."""

    first: tuple[StoredSmallPicture, ...] = Field(default=(), description="in order of time")
    last: tuple[StoredSmallPicture, ...] = Field(default=(), description="in order of time")


class ChunkResult(Contract):
    """chunk.json: written last, so that its presence says the chunk is done."""

    index: int
    frames: int = Field(description="frames sampled, dropped ones included")
    crops: int
    rejected: int
    shots: ChunkShots = ChunkShots()
    borders: ChunkBorders = Field(
        default=ChunkBorders(), description="empty in chunks of before they were kept"
    )
    run_id: str = Field(default="", description="the run that paid; later runs only re-use it")
    usage: tuple[Usage, ...] = ()
    lost_seconds: tuple[tuple[float, float], ...] = Field(
        default=(), description="spans that could not be decoded"
    )


class FilmSummary(Contract):
    """summary.json of a run: what was kept, dropped and paid. Shown in mails and by the CLI."""

    production: Slug
    film_id: Slug
    run_id: Slug
    title: str
    facts: FilmFacts
    frames: int
    crops_found: int
    crops_kept: int
    rejected: dict[RejectReason, int]
    named: dict[str, int] = Field(description="crops by character; unnamed under ''")
    character_names: dict[str, str] = Field(
        default_factory=dict, description="for people, by the characters' ids"
    )
    threshold: NameThreshold | None = Field(
        default=None,
        exclude_if=lambda threshold: threshold is None,
        description="None where nobody was named by vectors, and in files of before",
    )
    usage: tuple[Usage, ...]
    lost_seconds: tuple[tuple[float, float], ...] = ()
    estimated_usd: float | None = Field(description="None when a price is missing; never zero")
    notices: tuple[str, ...] = ()
    prepared_at: datetime


class RunRequest(Contract):
    run: Run

    @property
    def correlation_id(self) -> str:
        return self.run.correlation_id


class ClaimRunRequest(RunRequest):
    execution_arn: str


class RunClaim(Contract):
    """Whether a claimed run may be prepared now, or has to wait for other films."""

    has_place: bool
    before: int = Field(ge=0, description="places that must be free first; 0 when it has one")
    wait_seconds: int = Field(gt=0, description="before it asks again, where it has no place")


class SampleChunkRequest(RunRequest):
    chunk: Chunk


class StateError(Contract):
    """The error that a Catch of Step Functions passes on."""

    Error: str
    Cause: str = ""


class RefuseFilmRequest(RunRequest):
    execution_arn: str
    error: StateError


class FilmProbed(Contract):
    chunks_key: str
    detector: str = Field(
        default="", description="ARN of the Custom Labels model that must run; '' when none must"
    )


class Refusal(Contract):
    status: Literal["refused", "failed"]

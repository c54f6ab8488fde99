"""Rows of films and of what was uploaded beside them."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from onmodel.contracts.base import Contract, ObjectRef, Usage
from onmodel.contracts.films import Run
from onmodel.contracts.namers import NameThreshold

MOST_PLACES = 100
"""Of one film that are remembered: a row has at most 400 KB, and a key up to 1,024 bytes."""


class RunStatus(StrEnum):
    RUNNING = "running"
    PREPARED = "prepared"
    REFUSED = "refused"
    FAILED = "failed"


class RunBody(Contract):
    """What the Registry keeps of a run."""

    run: Run
    execution_arn: str
    reason: str | None = None
    plain_reason: str | None = Field(
        default=None, description="for mails, when `reason` is a technical text"
    )
    advice: str | None = None
    crops_kept: int | None = None
    estimated_usd: float | None = None
    notices: tuple[str, ...] = Field(default=(), description="of models that did not answer")


class FilmBody(Contract):
    """A film: where its content was uploaded, and its newest prepared run."""

    title: str = Field(description="its first file name, as typed")
    source: ObjectRef = Field(description="the newest upload of its content")
    earlier: tuple[ObjectRef, ...] = Field(
        default=(), description="uploads of the same content under other keys, newest first"
    )
    size_bytes: int = Field(ge=0)
    run: Run | None = Field(default=None, description="None until it is prepared")

    @property
    def places(self) -> tuple[ObjectRef, ...]:
        """Where the content was uploaded, newest first; whether it still exists is not known."""
        return (self.source, *self.earlier)

    def places_with(self, source: ObjectRef) -> dict[str, ObjectRef | tuple[ObjectRef, ...]]:
        """The fields that change when the content is uploaded at `source`."""
        others = [place for place in self.places if place.key != source.key]
        return {"source": source, "earlier": tuple(others[: MOST_PLACES - 1])}


class ContentStatus(StrEnum):
    KNOWN = "known"


class ContentBody(Contract):
    """The film that a content belongs to. Id: keys.content_id; created by its first upload."""

    film_id: str


class ReferenceStatus(StrEnum):
    RECORDED = "recorded"
    REFUSED = "refused"
    """Not a picture that can be used, when it was uploaded; its size is 0."""


class ReferenceBody(Contract):
    character: str
    look: str = Field(
        default="",
        exclude_if=lambda look: not look,
        description="its sub-folder as typed; '' for a picture beside the looks",
    )
    source: ObjectRef
    width: int
    height: int


class EmptyUploadStatus(StrEnum):
    WATCHED = "watched"


class EmptyUploadBody(Contract):
    """An object without content that was uploaded, until it is written, deleted or reported."""

    key: str
    correlation_id: str


class FolderStatus(StrEnum):
    KNOWN = "known"


class FolderBody(Contract):
    """A production's or a character's folders in the uploads bucket, as people typed them.

    Id: the slug, or hashed_slug when a folder of another name has that slug.
    """

    folder: str = Field(description="the first; '' is the root of the bucket, production main")
    spellings: tuple[str, ...] = Field(
        default=(), description="further folders whose names differ in case or normal form only"
    )

    @property
    def folders(self) -> tuple[str, ...]:
        return (self.folder, *self.spellings)


class NamingCost(Contract):
    """naming_usage.json: what naming cost, unusable references, what a name needed."""

    usage: tuple[Usage, ...]
    notices: tuple[str, ...] = ()
    character_names: dict[str, str] = Field(
        default_factory=dict, description="for people, by the characters' ids"
    )
    threshold: NameThreshold | None = Field(
        default=None,
        exclude_if=lambda threshold: threshold is None,
        description="None where nobody was named by vectors, and in files of before",
    )

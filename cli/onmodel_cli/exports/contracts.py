"""The files that every exported folder has, whatever its format."""

from __future__ import annotations

from pydantic import Field

from onmodel.contracts.base import Contract
from onmodel.contracts.characters import Character
from onmodel.contracts.datasets import DatasetItem
from onmodel.contracts.review import Correction

EXPORT = "export.json"
ITEMS = "items.jsonl"
DROPPED_PICTURES = "dropped.jsonl"
REVIEW = "review.jsonl"
"""What a person decided in `onmodel review --folder`: lines of PostedCorrection."""


class ExportedPicture(Contract):
    """One picture of the folder with its lineage. A line of items.jsonl."""

    path: str = Field(description="within the folder")
    caption: str
    name: str = Field(description="of the character, for people; '' when it has none")
    film: str = Field(description="title")
    timecode: str = Field(description="in the film")
    item: DatasetItem
    correction: Correction | None = Field(
        default=None, description="of people, as it stood when the folder was written"
    )


class DroppedPicture(Contract):
    """A picture that is not in the folder. A line of dropped.jsonl."""

    crop_id: str
    film: str = Field(description="title")
    name: str = Field(description="of the character, for people; '' when it has none")
    reason: str = Field(description="of datasets.LeftOutReason, or `missing`")
    detail: str = ""
    is_of_dataset: bool = Field(description="False: the dataset itself was made without it")


class Export(Contract):
    """export.json: written last, so that its presence says that the folder is whole."""

    production: str = Field(description="id")
    production_name: str = Field(description="for people")
    dataset_id: str
    format: str
    content: str = Field(description="a hash of what was to be written")
    characters: dict[str, Character] = Field(description="by id, without references")
    pictures: int = Field(ge=0)
    notices: tuple[str, ...] = ()
    files: dict[str, str] = Field(description="SHA-256 of every other file, by its path")

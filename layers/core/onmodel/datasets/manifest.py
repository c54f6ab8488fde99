"""The two files of a dataset: the trainer's manifest, and annotations with lineage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from onmodel.contracts.datasets import DatasetItem


@dataclass(frozen=True)
class CaptionedPicture:
    """A picture of the dataset with its caption; `bucket` holds its key."""

    item: DatasetItem
    bucket: str
    caption: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.item.key}"


ManifestLine = Callable[[str, str], str]
"""Picture's S3 URI and caption → one line in the trainer's form, without its line end."""


def manifest_lines(pictures: Iterable[CaptionedPicture], manifest_line: ManifestLine) -> bytes:
    """The trainer's manifest: a line a picture, each ended, nothing else."""
    return "".join(
        manifest_line(picture.uri, picture.caption) + "\n" for picture in pictures
    ).encode()


def annotation_lines(pictures: Iterable[CaptionedPicture]) -> bytes:
    """The article's annotations (`image_ref`, `alt_text`) with where each picture comes from.

    `character` is null for an unnamed figure; `box` is the figure in the film's pixels. ASCII, so
    that no line separator hidden in a caption can split a record.
    """
    return "".join(
        json.dumps(
            {
                "image_ref": picture.uri,
                "alt_text": picture.caption,
                "crop_id": picture.item.crop_id,
                "character": picture.item.character,
                "film_id": picture.item.film_id,
                "timecode_seconds": picture.item.timecode_seconds,
                "box": picture.item.box.model_dump(include={"left", "top", "width", "height"}),
                "shot": picture.item.shot,
                "quality": picture.item.quality,
            }
        )
        + "\n"
        for picture in pictures
    ).encode()

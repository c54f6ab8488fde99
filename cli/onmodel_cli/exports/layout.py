"""What the layouts of exports share: where pictures go, and what is said of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from onmodel_cli.exports.dataset import DatasetPicture, ExportedDataset

TRAINING, VALIDATION = "train", "validation"
"""Folders of the splits, as Hugging Face's and kohya's programs look for them."""


class ExportFormat(Protocol):
    """One layout."""

    def path(self, picture: DatasetPicture) -> str:
        """Where a picture goes, within the folder."""
        ...

    def files(self, dataset: ExportedDataset) -> Iterator[tuple[str, bytes]]:
        """Paths and contents of the files beside the pictures."""
        ...

    def notices(self, dataset: ExportedDataset, folder: Path) -> Iterator[str]:
        """What the program that reads the layout would refuse of the written folder."""
        ...


class Plain:
    """`pictures/` alone: items.jsonl, which every format has, says the rest."""

    def path(self, picture: DatasetPicture) -> str:
        return f"pictures/{picture.file_name}"

    def files(self, dataset: ExportedDataset) -> Iterator[tuple[str, bytes]]:
        yield from ()

    def notices(self, dataset: ExportedDataset, folder: Path) -> Iterator[str]:
        yield from ()


def split_folder(picture: DatasetPicture) -> str:
    return TRAINING if picture.is_trained_on else VALIDATION


def by_split(dataset: ExportedDataset) -> Iterator[tuple[str, list[DatasetPicture]]]:
    """The pictures of each split that has some."""
    for folder in (TRAINING, VALIDATION):
        pictures = [picture for picture in dataset.pictures if split_folder(picture) == folder]
        if pictures:
            yield folder, pictures


def lineage(picture: DatasetPicture) -> dict[str, Any]:
    """Where a picture comes from: film, time, shot, and the figure in the film's pixels.

    Every value has one type in all lines, as tables need it: no name is ''.
    """
    item = picture.item
    return {
        "crop_id": item.crop_id,
        "character": item.character or "",
        "name": picture.name,
        "look": item.worn,
        "film": picture.film,
        "film_id": item.film_id,
        "timecode": picture.timecode,
        "timecode_seconds": item.timecode_seconds,
        "shot": item.shot,
        "framing": item.framing or "",
        "box": [item.box.left, item.box.top, item.box.width, item.box.height],
        "quality": item.quality,
    }


def json_lines(lines: Iterable[Mapping[str, Any]]) -> bytes:
    """ASCII, so that no line separator in a caption can split a record."""
    return "".join(json.dumps(line) + "\n" for line in lines).encode()

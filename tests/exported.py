"""Datasets to export, without a stack: as `read_dataset` gives them."""

from __future__ import annotations

from pathlib import Path

from fakes.object_store import InMemoryObjectStore
from fakes.training_in_memory import picture

from onmodel.contracts.base import Box
from onmodel.contracts.characters import Character
from onmodel.contracts.datasets import DatasetItem, Split
from onmodel_cli.exports.dataset import DatasetPicture, ExportedDataset
from onmodel_cli.exports.folder import Written, write_export
from onmodel_cli.exports.formats import format_called

NAMES = {"buck": "Büc\u2028k </script>", "frank": "Frank"}
"""The first one is a name that breaks what reads lines or markup."""

CAPTION = "{name} runs, “fast”, across a meadow."


def exported_dataset(pictures: int = 6) -> tuple[ExportedDataset, InMemoryObjectStore]:
    """Every third picture is held out, every fifth shows nobody."""
    studio = InMemoryObjectStore()
    return (
        ExportedDataset(
            production="bunny",
            production_name="Bunny",
            dataset_id="d0001-0a1b2c3d",
            bucket="studio",
            characters={slug: Character(name=name) for slug, name in NAMES.items()},
            pictures=tuple(_picture(number, studio) for number in range(pictures)),
            dropped=(),
        ),
        studio,
    )


def _picture(number: int, studio: InMemoryObjectStore) -> DatasetPicture:
    slug = None if number % 5 == 4 else list(NAMES)[number % 2]
    crop = f"{number:09d}-0123456789"
    key = f"bunny/datasets/d0001-0a1b2c3d/pictures/{crop}.jpeg"
    studio.put(key, picture(number), "image/jpeg")
    name = "" if slug is None else NAMES[slug]
    return DatasetPicture(
        item=DatasetItem(
            crop_id=crop, film_id="a-00000000", character=slug, timecode_seconds=number * 61.5,
            shot=number, box=Box(left=120, top=70, width=100, height=200),
            window=Box(left=20, top=20, width=256, height=320), width=512, height=640,
            quality=0.5, key=key, split=Split.VALIDATION if number % 3 == 2 else Split.TRAINING,
        ),
        caption=CAPTION.format(name=name or "Somebody"),
        name=name,
        film="a.mp4",
    )  # fmt: skip


def export_to(folder: Path, layout: str, prefix: str = "", pictures: int = 6) -> Written:
    dataset, studio = exported_dataset(pictures)
    made = format_called(layout, prefix)
    return write_export(dataset, made, name=layout, folder=folder, studio=studio)

"""Reads a dataset of a stack with the corrections that people have made since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from onmodel.contracts.characters import Character
from onmodel.contracts.datasets import DatasetItem, LeftOut, Split
from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.review import Correction
from onmodel.contracts.rows import DatasetStatus
from onmodel.contracts.settings import Settings
from onmodel.datasets.caption_answers import read_answers
from onmodel.datasets.corrected import called, cast_of, review_pictures
from onmodel.errors import NotFound, RefusedError
from onmodel.films.corrections import read_corrections
from onmodel.films.folders import production_name
from onmodel.formats.jsonl import read_lines
from onmodel.formats.wording import timecode
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import DATASETS, FILMS, DatasetRow
from onmodel_cli.exports.contracts import DroppedPicture


class NothingToExport(RefusedError):
    """Raised when a production has no such dataset, or none with captions."""


@dataclass(frozen=True)
class DatasetPicture:
    """One picture with its caption, and the words for people."""

    item: DatasetItem
    caption: str
    name: str
    film: str
    correction: Correction | None = None

    @property
    def file_name(self) -> str:
        return f"{self.item.crop_id}.{self.item.key.rpartition('.')[2]}"

    @property
    def timecode(self) -> str:
        return timecode(self.item.timecode_seconds)

    @property
    def is_trained_on(self) -> bool:
        return self.item.split is Split.TRAINING


@dataclass(frozen=True)
class ExportedDataset:
    """A dataset as it is exported: corrections of people are applied."""

    production: str
    production_name: str
    dataset_id: str
    bucket: str
    characters: dict[str, Character]
    pictures: tuple[DatasetPicture, ...]
    dropped: tuple[DroppedPicture, ...]


def chosen_dataset(production: str, wanted: str | None, registry: Registry) -> DatasetRow:
    """The dataset that a person means: by its id or its beginning; else the newest with captions.

    Raises:
        NothingToExport: there is none.
    """
    rows = sorted(DATASETS.list(registry, production), key=lambda row: (row.created_at, row.id))
    if wanted is not None:
        found = [row for row in rows if row.id == wanted] or [
            row for row in rows if row.id.startswith(wanted)
        ]
        if len(found) != 1:
            known = ", ".join(row.id for row in rows) or "none"
            raise NothingToExport(
                f"{production} has {len(found) or 'no'} datasets called {wanted}",
                f"Its datasets: {known}",
            )
        return found[0]
    made = [row for row in rows if row.status in {DatasetStatus.CAPTIONED, DatasetStatus.READY}]
    if not made:
        state = f": the newest is {rows[-1].status}" if rows else ""
        raise NothingToExport(
            f"{production} has no dataset with captions yet{state}",
            f"See `onmodel status -p {production}`, or name another dataset",
        )
    return made[-1]


def read_dataset(row: DatasetRow, *, registry: Registry, studio: ObjectStore) -> ExportedDataset:
    """Read a dataset and apply the corrections of this moment to it. No paid call.

    Args:
        row: of the dataset.
        registry: holds rows and corrections.
        studio: holds the dataset's lines.

    Raises:
        NothingToExport: its files were deleted, or no picture of it has a caption.
    """
    production = row.production
    keys = DatasetKeys(production, row.id)
    try:
        settings = Settings.from_stored(studio.get(keys.settings))
        items = read_lines(DatasetItem, studio.get(keys.items))
        left_out = read_lines(LeftOut, studio.get(keys.left_out))
    except NotFound as fault:
        raise NothingToExport(
            f"The files of {row.id} were deleted", "Choose another one"
        ) from fault
    corrections = read_corrections(production, registry)
    answers = read_answers((item.crop_id for item in items), keys, studio)
    reviewed = review_pictures(items, answers, corrections, settings)
    if not reviewed.captioned:
        raise NothingToExport(
            f"No picture of {row.id} has a caption", "Wait until it is captioned: `onmodel status`"
        )
    cast = cast_of(settings.characters, corrections)
    films = {film.id: film.body.title for film in FILMS.list(registry, production)}
    own = {item.crop_id for item in items}

    def dropped(lines: tuple[LeftOut, ...], *, is_of_dataset: bool) -> Iterator[DroppedPicture]:
        for line in lines:
            yield DroppedPicture(
                crop_id=line.crop_id,
                film=films.get(line.film_id, line.film_id),
                name=called(line.character, cast),
                reason=line.reason,
                detail=line.detail,
                is_of_dataset=is_of_dataset,
            )

    earlier = tuple(line for line in left_out if line.crop_id not in own)
    shown = {*settings.characters, *(item.character for item in reviewed.captioned)}
    return ExportedDataset(
        production=production,
        production_name=production_name(production, registry),
        dataset_id=row.id,
        bucket=studio.bucket,
        characters={slug: _without_references(slug, cast) for slug in sorted(filter(None, shown))},
        pictures=tuple(
            DatasetPicture(
                item=item,
                caption=reviewed.captions[item.crop_id].text,
                name=called(item.character, cast),
                film=films.get(item.film_id, item.film_id),
                correction=corrections.of(item.crop_id),
            )
            for item in reviewed.captioned
        ),
        dropped=(
            *dropped(reviewed.left_out, is_of_dataset=True),
            *dropped(earlier, is_of_dataset=False),
        ),
    )


def _without_references(slug: str, characters: Mapping[str, Character]) -> Character:
    """A character as a review needs it: one that a review made is only a name."""
    known = characters.get(slug) or Character(name=called(slug, characters)[:60])
    return known.model_copy(update={"references": ()})

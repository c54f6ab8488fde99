"""All crops of a production that a person can decide about, the most doubtful first.

Those of its dataset come first; then crops that are in none: unnamed ones, and near-duplicates
that were dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from onmodel.contracts.caption_checks import RepeatedPhrase
from onmodel.contracts.characters import Character
from onmodel.contracts.crops import Crop
from onmodel.contracts.datasets import DatasetItem, LeftOutReason
from onmodel.contracts.review import Doubt
from onmodel.contracts.settings import Settings
from onmodel.datasets.corrected import called
from onmodel.datasets.doubts import (
    Called,
    caption_doubt,
    margin_doubt,
    near_duplicate_doubts,
    outlier_doubts,
    quality_doubt,
    total_weight,
)
from onmodel.datasets.review_files import (
    ReviewedDataset,
    ReviewedFilm,
    read_reviewed_dataset,
    read_reviewed_film,
)
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import DATASETS, FILMS
from onmodel.vision.duplicates import find_duplicates

SAME_FIGURE = 0.8
"""Cosine from which unnamed crops are shown as one cluster."""

NOT_NAMED = "not named"
NEAR_DUPLICATE = "a near-duplicate of a kept picture"
NEWER = "in no dataset yet"

WHY_LEFT_OUT = {
    LeftOutReason.UNNAMED: NOT_NAMED,
    LeftOutReason.NAMELESS_BESIDE: "it shows somebody without a name too",
    LeftOutReason.POOR: "its quality is below what a dataset takes",
    LeftOutReason.NEAR_DUPLICATE: NEAR_DUPLICATE,
    LeftOutReason.ONE_OFF_LOOK: "few pictures or a single shot show its look",
    LeftOutReason.OVER_CAP: "its character has enough pictures",
    LeftOutReason.CAPTION_FAILED: "it got no caption",
    LeftOutReason.REVIEWED_OUT: "a review took it out",
}


@dataclass(frozen=True)
class ReviewedCrop:
    """One crop with what the pipeline says of it; corrections are read when it is shown."""

    crop_id: str
    film_id: str
    film: str
    timecode_seconds: float
    shot: int
    width: int
    height: int
    quality: float
    key: str
    character: str | None
    caption: str
    left_out: str
    look: str = ""
    doubts: tuple[Doubt, ...] = ()
    group: str | None = None
    cluster: str | None = None
    thumbnails_key: str | None = None


@dataclass(frozen=True)
class ReviewList:
    """What is reviewed: the crops in their order, and the production's characters by slug."""

    dataset_id: str | None
    settings: Settings
    characters: Mapping[str, Character]
    crops: tuple[ReviewedCrop, ...]
    phrases: tuple[RepeatedPhrase, ...] = ()
    """That too many captions of the dataset have."""


def newest_dataset(production: str, registry: Registry) -> str | None:
    """The id of the dataset that was made last; None without one."""
    rows = list(DATASETS.list(registry, production))
    return max(rows, key=lambda row: (row.created_at, row.id)).id if rows else None


def read_review_list(
    production: str,
    dataset_id: str | None,
    settings: Settings,
    *,
    registry: Registry,
    studio: ObjectStore,
) -> ReviewList:
    """Read the runs of all films and the dataset, and find what is doubtful. No paid call.

    Args:
        production: slug.
        dataset_id: None when there is no dataset yet.
        settings: in force, with all characters of the production.
        registry: lists the films.
        studio: holds their files.
    """
    dataset = read_reviewed_dataset(production, dataset_id, settings.characters, studio)
    bodies = [row.body for row in FILMS.list(registry, production) if row.body.run is not None]
    films = [film for body in bodies if (film := read_reviewed_film(body, studio)) is not None]
    crops = [crop for film in films for crop in _of_film(film, dataset, settings)]
    known = {crop.crop_id for crop in crops}
    titles = {row.id: row.body.title for row in FILMS.list(registry, production)}
    crops += [
        _of_dataset(item, titles.get(item.film_id, item.film_id), dataset)
        for crop_id, item in dataset.items.items()
        if crop_id not in known
    ]
    return ReviewList(
        dataset_id=dataset_id,
        settings=settings,
        characters=settings.characters,
        crops=tuple(sorted(crops, key=_most_doubtful_first)),
        phrases=dataset.checked.scores.phrases,
    )


def _most_doubtful_first(crop: ReviewedCrop) -> tuple[int, float, str, float, str]:
    rank = 0 if not crop.left_out else 2 if crop.left_out == NEAR_DUPLICATE else 1
    weight = round(total_weight(crop.doubts), 6)
    return rank, -weight, crop.film_id, crop.timecode_seconds, crop.crop_id


def _of_film(
    film: ReviewedFilm, dataset: ReviewedDataset, settings: Settings
) -> Iterator[ReviewedCrop]:
    called_so = _names_of(settings.characters)
    characters = [_character(crop.crop_id, film, dataset) for crop in film.crops]
    outliers = outlier_doubts(characters, film.vectors, called_so)
    alike = near_duplicate_doubts(
        [crop.shot for crop in film.crops], film.vectors, settings.deduplication.threshold
    )
    clusters = _clusters(film, characters)
    for row, crop in enumerate(film.crops):
        shown = _shown(crop, film, dataset, characters[row])
        naming = film.names.get(crop.crop_id)
        worn = naming.look if naming and naming.character == characters[row] else ""
        doubts = (
            margin_doubt(naming, called_so),
            outliers[row],
            alike[row],
            quality_doubt(crop.quality, crop.wide),
            caption_doubt(dataset.checked.faults.get(crop.crop_id, ())),
        )
        found = sorted(filter(None, doubts), key=lambda doubt: -doubt.weight)
        yield replace(shown, look=worn, doubts=tuple(found), cluster=clusters.get(crop.crop_id))
    for crop in film.dropped:
        shown = _shown(crop, film, dataset, None)
        yield replace(shown, left_out=NEAR_DUPLICATE)


def _names_of(characters: Mapping[str, Character]) -> Called:
    return lambda slug: called(slug, characters)


def _character(crop_id: str, film: ReviewedFilm, dataset: ReviewedDataset) -> str | None:
    """What the namer said: of the dataset, where the crop is in it, for it named last."""
    if crop_id in dataset.items:
        return dataset.items[crop_id].named
    naming = film.names.get(crop_id)
    if naming is None:
        return None
    return naming.character if naming.replaces is None else naming.replaces or None


def _shown(
    crop: Crop, film: ReviewedFilm, dataset: ReviewedDataset, character: str | None
) -> ReviewedCrop:
    item = dataset.items.get(crop.crop_id)
    return ReviewedCrop(
        crop_id=crop.crop_id,
        film_id=crop.film_id,
        film=film.title,
        timecode_seconds=crop.timecode_seconds,
        shot=crop.shot,
        width=crop.width,
        height=crop.height,
        quality=crop.quality,
        key=crop.key if item is None else item.key,
        character=character,
        caption=dataset.captions.get(crop.crop_id, ""),
        left_out=_why_left_out(crop.crop_id, character, dataset),
        group=film.group.get(crop.crop_id),
        thumbnails_key=film.keys.chunk(crop.chunk).thumbnails,
    )


def _of_dataset(item: DatasetItem, title: str, dataset: ReviewedDataset) -> ReviewedCrop:
    """A picture of the dataset whose film is gone, or was prepared again with other settings."""
    doubts = (
        quality_doubt(item.quality, is_wide=False),
        caption_doubt(dataset.checked.faults.get(item.crop_id, ())),
    )
    return ReviewedCrop(
        crop_id=item.crop_id,
        film_id=item.film_id,
        film=title,
        timecode_seconds=item.timecode_seconds,
        shot=item.shot,
        width=item.width,
        height=item.height,
        quality=item.quality,
        key=item.key,
        character=item.named,
        caption=dataset.captions.get(item.crop_id, ""),
        left_out=_why_left_out(item.crop_id, item.named, dataset),
        look=item.look,
        doubts=tuple(sorted(filter(None, doubts), key=lambda doubt: -doubt.weight)),
    )


def _why_left_out(crop_id: str, character: str | None, dataset: ReviewedDataset) -> str:
    line = dataset.left_out.get(crop_id)
    if line is not None:
        return WHY_LEFT_OUT[line.reason]
    if not dataset.items:
        return "" if character else NOT_NAMED
    return "" if crop_id in dataset.items else NEWER


def _clusters(film: ReviewedFilm, characters: Sequence[str | None]) -> dict[str, str]:
    """Unnamed crops that are alike, by the best of each cluster; single ones have none."""
    rows = [row for row, character in enumerate(characters) if character is None]
    if not rows:
        return {}
    quality = np.array([film.crops[row].quality for row in rows])
    stands_for = find_duplicates(film.vectors[rows], quality, SAME_FIGURE)
    of_row = {row: rows[int(best)] for row, best in zip(rows, stands_for, strict=True) if best >= 0}
    of_row |= {best: best for best in of_row.values()}
    return {film.crops[row].crop_id: film.crops[best].crop_id for row, best in of_row.items()}

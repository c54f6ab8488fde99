"""Chooses the pictures of a dataset from the films' crops: named, without duplicates, balanced.

Everything left out is listed with its reason. No paid call is made.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.datasets import (
    DatasetItem,
    LeftOut,
    LeftOutReason,
)
from onmodel.contracts.films import Crop
from onmodel.contracts.keys import digest
from onmodel.contracts.settings import EmbeddingSettings, TrainingSettings
from onmodel.datasets.splits import split_by_shot
from onmodel.errors import DatasetRefused
from onmodel.vision.duplicates import find_duplicates


@dataclass(frozen=True)
class FilmCrops:
    """The kept crops of one prepared film.

    `names` gives the character by crop_id (None or absent: unnamed); `vectors` is
    `(len(crops), d)` float32, rows of unit length; `embedding` made them: vectors of two models
    cannot be compared; `threshold` is that of the film's own choice among near-duplicates.
    """

    film_id: str
    crops: Sequence[Crop]
    names: Mapping[str, str | None]
    vectors: Vectors
    embedding: EmbeddingSettings
    threshold: float


@dataclass(frozen=True)
class Assembly:
    """A dataset's pictures in the order of films and time, and what was left out.

    `vectors` is `(len(items), d)` float32.
    """

    items: tuple[DatasetItem, ...]
    vectors: Vectors
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class _Pool:
    """The crops of all films: crops, characters, vectors and groups by the same index.

    Crops of one group are never duplicates of each other: their film chose among them.
    """

    crops: list[Crop]
    characters: list[str | None]
    vectors: Vectors
    groups: npt.NDArray[np.int64]


def assemble(
    films: Sequence[FilmCrops], *, threshold: float, training: TrainingSettings
) -> Assembly:
    """Choose the pictures of a dataset. The same films and settings give the same dataset.

    Args:
        films: each film of the generation once, the newest version of it.
        threshold: cosine at or above which crops of different films are duplicates.
        training: caps, balance, split.

    Raises:
        DatasetRefused: no crops, none named, too few, or vectors that cannot be compared.
    """
    pool = _pool(sorted(films, key=lambda film: film.film_id), threshold)
    everything = np.arange(len(pool.crops))
    left: list[LeftOut] = []
    usable = everything if training.include_unnamed else _only_named(pool, left)
    _refuse_if_empty(pool, usable)
    unique = _without_duplicates(pool, usable, threshold, left)
    chosen = _balanced(pool, unique, training, left)
    if len(chosen) < training.min_pictures:
        raise DatasetRefused(
            f"only {len(chosen)} pictures are left, fewer than {training.min_pictures}",
            "Upload more film, lower naming.threshold or raise deduplication.threshold",
        )
    chosen.sort()
    unsplit = [_item(pool.crops[i], pool.characters[i]) for i in chosen]
    items = split_by_shot(unsplit, training)
    return Assembly(items, pool.vectors[chosen], tuple(left))


def contents_hash(items: Iterable[DatasetItem]) -> str:
    """A hash of a dataset's pictures, their characters and their split; 8 hex digits."""
    return digest({item.crop_id: (item.character, item.split) for item in items})


def _pool(films: Sequence[FilmCrops], threshold: float) -> _Pool:
    common_embedding(film.embedding for film in films if len(film.crops))
    rows = [film.vectors for film in films if len(film.crops)]
    return _Pool(
        [crop for film in films for crop in film.crops],
        [film.names.get(crop.crop_id) for film in films for crop in film.crops],
        np.concatenate(rows) if rows else np.zeros((0, 1), np.float32),
        _groups(films, threshold),
    )


def _groups(films: Sequence[FilmCrops], threshold: float) -> npt.NDArray[np.int64]:
    """A number for each track whose crops its film chose among, and one for each other crop.

    Pictures of a track that are alike were kept because the figure visibly changed. A film that was
    prepared with a higher threshold did not choose among all that are alike by this one.
    """
    numbers: dict[tuple[str, int | str], int] = {}
    return np.array(
        [
            numbers.setdefault(
                (film.film_id, crop.crop_id)
                if crop.track is None or film.threshold > threshold
                else (film.film_id, crop.track),
                len(numbers),
            )
            for film in films
            for crop in film.crops
        ],
        np.int64,
    )


def common_embedding(embeddings: Iterable[EmbeddingSettings]) -> EmbeddingSettings | None:
    """What all vectors were made with; None when there are none.

    Raises:
        DatasetRefused: they were made with several models or dimensions.
    """
    different = set(embeddings)
    if len(different) > 1:
        kinds = sorted(f"{kind.model}, {kind.dimensions} dimensions" for kind in different)
        raise DatasetRefused(
            f"the films have vectors that cannot be compared: {'; '.join(kinds)}",
            "Upload all films again, so that they are prepared with the same settings",
        )
    return next(iter(different), None)


def _refuse_if_empty(pool: _Pool, usable: npt.NDArray[np.intp]) -> None:
    if not pool.crops:
        raise DatasetRefused(
            "the films have no pictures of figures at all",
            "See their reports: finder.labels chooses what counts as a figure",
        )
    if not len(usable):
        raise DatasetRefused(
            f"none of {len(pool.crops):,} pictures could be named",
            "Put pictures of each character under characters/<name>/, or lower naming.threshold",
        )


def _only_named(pool: _Pool, left: list[LeftOut]) -> npt.NDArray[np.intp]:
    for crop, character in zip(pool.crops, pool.characters, strict=True):
        if character is None:
            left.append(_left(crop, None, LeftOutReason.UNNAMED, "no character was near enough"))
    named = [i for i, character in enumerate(pool.characters) if character is not None]
    return np.array(named, np.intp)


def _without_duplicates(
    pool: _Pool, usable: npt.NDArray[np.intp], threshold: float, left: list[LeftOut]
) -> list[int]:
    """Keep the best crop of each group of duplicates across films, a named one first."""
    rank = np.array(
        [pool.crops[i].quality + (pool.characters[i] is not None) for i in usable], np.float64
    )
    vectors = pool.vectors[usable]
    represented_by = find_duplicates(vectors, rank, threshold, pool.groups[usable])
    for row in np.flatnonzero(represented_by >= 0):
        kept = represented_by[row]
        other = pool.crops[usable[kept]].crop_id
        detail = f"similarity {float(vectors[row] @ vectors[kept]):.3f}, limit {threshold:g}"
        crop, character = pool.crops[usable[row]], pool.characters[usable[row]]
        left.append(_left(crop, character, LeftOutReason.NEAR_DUPLICATE, detail, other))
    return [int(i) for i in usable[represented_by < 0]]


def _balanced(
    pool: _Pool, candidates: Sequence[int], training: TrainingSettings, left: list[LeftOut]
) -> list[int]:
    by_character: defaultdict[str | None, list[int]] = defaultdict(list)
    for index in candidates:
        by_character[pool.characters[index]].append(index)
    cap = _cap({name: len(rows) for name, rows in by_character.items()}, training)
    chosen: list[int] = []
    for character, rows in by_character.items():
        ranked = _spread_over_shots([(pool.crops[i], i) for i in rows])
        chosen += ranked[:cap]
        detail = f"{cap:,} of {len(rows):,} are taken, the best of each shot first"
        left += [
            _left(pool.crops[i], character, LeftOutReason.OVER_CAP, detail) for i in ranked[cap:]
        ]
    return chosen


def _cap(counts: Mapping[str | None, int], training: TrainingSettings) -> int:
    """The most pictures of one character: limited by setting, by balance and by the total."""
    named = [count for name, count in counts.items() if name is not None] or list(counts.values())
    balanced = max(training.min_per_character, int(statistics.median(named) * training.max_share))
    cap = min(training.max_per_character, balanced)
    while cap > 1 and sum(min(count, cap) for count in counts.values()) > training.max_pictures:
        cap -= 1
    return cap


def _spread_over_shots(rows: Iterable[tuple[Crop, int]]) -> list[int]:
    """Ranked by quality, but first one crop of each shot, then a second of each, for variety."""
    shots: defaultdict[tuple[str, int], list[tuple[Crop, int]]] = defaultdict(list)
    for crop, index in rows:
        shots[crop.film_id, crop.shot].append((crop, index))
    ranked: list[tuple[int, float, str, int]] = []
    for shot in shots.values():
        best_first = sorted(shot, key=lambda row: (-row[0].quality, row[0].crop_id))
        ranked += [
            (place, -crop.quality, crop.crop_id, index)
            for place, (crop, index) in enumerate(best_first)
        ]
    return [index for _, _, _, index in sorted(ranked)]


def _item(crop: Crop, character: str | None) -> DatasetItem:
    shared = set(DatasetItem.model_fields) & set(Crop.model_fields)
    return DatasetItem(**{name: getattr(crop, name) for name in shared}, character=character)


def _left(
    crop: Crop,
    character: str | None,
    reason: LeftOutReason,
    detail: str,
    kept_instead: str | None = None,
) -> LeftOut:
    return LeftOut(
        crop_id=crop.crop_id,
        film_id=crop.film_id,
        reason=reason,
        character=character,
        detail=detail,
        kept_instead=kept_instead,
    )

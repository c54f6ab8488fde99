"""Reads the files that a review is about: a dataset, and the runs of its films. No paid call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.captions import Caption
from onmodel.contracts.characters import Character
from onmodel.contracts.crops import Crop, Naming, Rejected
from onmodel.contracts.datasets import DatasetItem, LeftOut
from onmodel.contracts.film_rows import FilmBody
from onmodel.contracts.films import Chunk
from onmodel.contracts.keys import DatasetKeys, FilmKeys
from onmodel.datasets.caption_check import CheckedDataset, checked_dataset
from onmodel.errors import NotFound
from onmodel.formats.jsonl import read_lines
from onmodel.formats.npy import from_npy
from onmodel.observability import logger
from onmodel.ports.storage import ObjectStore

READS_AT_ONCE = 8
"""Threads: botocore keeps ten connections."""


@dataclass(frozen=True)
class ReviewedDataset:
    """The dataset's part: items, captions and what was left out, by crop_id."""

    items: Mapping[str, DatasetItem]
    captions: Mapping[str, str]
    left_out: Mapping[str, LeftOut]
    checked: CheckedDataset


@dataclass(frozen=True)
class ReviewedFilm:
    """A film's kept crops with their vectors, and its dropped near-duplicates."""

    title: str
    keys: FilmKeys
    crops: Sequence[Crop]
    vectors: Vectors
    names: Mapping[str, Naming]
    dropped: Sequence[Crop]
    group: Mapping[str, str]


def read_reviewed_dataset(
    production: str,
    dataset_id: str | None,
    characters: Mapping[str, Character],
    studio: ObjectStore,
) -> ReviewedDataset:
    """An empty one when there is none yet. Raises NotFound when its files were deleted."""
    if dataset_id is None:
        return ReviewedDataset({}, {}, {}, checked_dataset((), {}, characters))
    keys = DatasetKeys(production, dataset_id)
    items = read_lines(DatasetItem, studio.get(keys.items))
    left_out = read_lines(LeftOut, studio.get(keys.left_out))
    try:
        captions = read_lines(Caption, studio.get(keys.captions))
    except NotFound:  # they are being made
        captions = ()
    texts = {caption.crop_id: caption.text for caption in captions}
    return ReviewedDataset(
        {item.crop_id: item for item in items},
        texts,
        {line.crop_id: line for line in left_out},
        checked_dataset(items, texts, characters),
    )


def read_reviewed_film(body: FilmBody, studio: ObjectStore) -> ReviewedFilm | None:
    """None when the run's files were deleted: its pictures cannot be shown."""
    if body.run is None:
        return None
    keys = FilmKeys.of(body.run)
    try:
        crops = read_lines(Crop, studio.get(keys.crops))
        rejected = read_lines(Rejected, studio.get(keys.rejected))
        vectors = from_npy(studio.get(keys.vectors))
        names = read_lines(Naming, studio.get(keys.names))
        instead = {line.crop_id: line.kept_instead for line in rejected if line.kept_instead}
        dropped = list(_dropped(keys, instead.keys(), studio))
    except NotFound as fault:
        logger.warning("a film has no files and is not reviewed", film=body.title, fault=str(fault))
        return None
    alike = {crop: kept for crop, kept in instead.items() if crop is not None}
    return ReviewedFilm(
        title=body.title,
        keys=keys,
        crops=crops,
        vectors=vectors,
        names={naming.crop_id: naming for naming in names},
        dropped=dropped,
        group=alike | {kept: kept for kept in alike.values()},
    )


def _dropped(keys: FilmKeys, wanted: Iterable[str | None], studio: ObjectStore) -> Iterator[Crop]:
    """The near-duplicates, from the chunks in which they were sampled."""
    ids = set(wanted)
    if not ids:
        return
    planned = read_lines(Chunk, studio.get(keys.chunks))
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        files = pool.map(lambda chunk: studio.get(keys.chunk(chunk.index).crops), planned)
        for file in files:
            yield from (crop for crop in read_lines(Crop, file) if crop.crop_id in ids)

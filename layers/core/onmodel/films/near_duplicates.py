"""A film's crops as they were sampled, and which of them are near-duplicates. No paid call.

The same choice at every place: PrepareFilm's, a dataset's when people told crops apart since, and
the review's at another threshold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.crops import Crop, Rejected, RejectReason, Thumbnail
from onmodel.contracts.films import Chunk, ChunkResult
from onmodel.contracts.keys import ChunkKeys, FilmKeys
from onmodel.contracts.review import NearDuplicateGroups
from onmodel.contracts.sampling_settings import DeduplicationSettings
from onmodel.contracts.settings import Settings
from onmodel.errors import NotFound
from onmodel.formats.jsonl import read_lines
from onmodel.formats.npy import from_npy, stack
from onmodel.observability import logger
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import FILMS
from onmodel.video.sampling.mixtures import mixtures_at_borders
from onmodel.video.shots.shot_counter import first_shot_numbers
from onmodel.vision.changes import Figures
from onmodel.vision.duplicates import find_track_duplicates
from onmodel.vision.tracks import find_tracks

READS_AT_ONCE = 8
"""Threads: botocore keeps ten connections."""

Pairs = Iterable[frozenset[str]]
"""Pairs of crop_ids that a person told apart: they are no near-duplicates of each other."""


@dataclass(frozen=True)
class SampledChunk:
    """The results of one finished chunk in S3; vectors has shape (crops, dimensions)."""

    result: ChunkResult
    crops: tuple[Crop, ...]
    vectors: Vectors
    rejected: tuple[Rejected, ...]
    thumbnails: tuple[Thumbnail, ...]


@dataclass(frozen=True)
class SampledFilm:
    """All crops of a film with shots and tracks, near-duplicates among them.

    `vectors` is `(len(crops), d)` float32; `thumbnails` has those of dropped frames too.
    """

    crops: tuple[Crop, ...]
    vectors: Vectors
    rejected: tuple[Rejected, ...]
    thumbnails: tuple[Thumbnail, ...]

    def kept_by(self, settings: DeduplicationSettings, apart: Pairs = ()) -> npt.NDArray[np.int64]:
        """`(len(crops),)`: place of the crop that stands for each, or -1 for a kept one."""
        return find_track_duplicates(
            self.vectors,
            np.array([crop.quality for crop in self.crops], np.float32),
            np.array([crop.track for crop in self.crops], np.int64),
            np.array([crop.timecode_seconds for crop in self.crops], np.float64),
            settings.threshold,
            change=self._change,
            least_change=settings.visible_change,
            apart=self._places(apart),
        )

    def near_duplicates(self, kept_by: npt.NDArray[np.int64]) -> list[Rejected]:
        """Every dropped crop with the one that was kept instead."""
        return [
            near_duplicate(
                self.crops[i],
                self.crops[kept_by[i]],
                float(self.vectors[i] @ self.vectors[kept_by[i]]),
            )
            for i in np.flatnonzero(kept_by >= 0)
        ]

    def _places(self, apart: Pairs) -> list[tuple[int, int]]:
        place = {crop.crop_id: i for i, crop in enumerate(self.crops)}
        inside = (tuple(pair) for pair in apart if pair <= place.keys())
        return [(place[first], place[second]) for first, second in inside]

    def _change(self, first: int, second: int) -> float:
        """Measured once a pair: another threshold asks about the same pairs."""
        pair = (first, second)
        if pair not in self._changes:
            self._changes[pair] = self._figures.change(first, second)
        return self._changes[pair]

    @cached_property
    def _figures(self) -> Figures:
        return Figures(self.crops, self.thumbnails)

    @cached_property
    def _changes(self) -> dict[tuple[int, int], float]:
        return {}


def read_sampled_film(keys: FilmKeys, dimensions: int, studio: ObjectStore) -> SampledFilm:
    """Join the film's chunks. Raises NotFound when one is not finished, or was deleted."""
    chunks = without_mixtures(join_shots(load_chunks(keys, studio)))
    crops = [crop for chunk in chunks for crop in chunk.crops]
    vectors = stack([chunk.vectors for chunk in chunks], dimensions)
    tracks = find_tracks(crops, vectors)
    return SampledFilm(
        crops=with_tracks(crops, tracks.tolist()),
        vectors=vectors,
        rejected=tuple(line for chunk in chunks for line in chunk.rejected),
        thumbnails=tuple(line for chunk in chunks for line in chunk.thumbnails),
    )


def with_tracks(crops: Sequence[Crop], tracks: Sequence[int]) -> tuple[Crop, ...]:
    """The crops with the numbers of their tracks, and of the other figures' tracks."""
    of_crop = {crop.crop_id: track for crop, track in zip(crops, tracks, strict=True)}
    return tuple(
        crop.model_copy(
            update={
                "track": of_crop[crop.crop_id],
                "others": tuple(
                    other.model_copy(update={"track": of_crop.get(other.crop_id or "")})
                    for other in crop.others
                ),
            }
        )
        for crop in crops
    )


def kept_crops(
    keys: FilmKeys, settings: Settings, studio: ObjectStore, apart: frozenset[frozenset[str]]
) -> tuple[Sequence[Crop], Vectors]:
    """What a run kept; chosen anew when people told apart since what it took for alike."""
    if apart and any(
        frozenset((line.crop_id, line.kept_instead)) in apart
        for line in read_lines(Rejected, studio.get(keys.rejected))
    ):
        film = read_sampled_film(keys, settings.embedding.dimensions, studio)
        kept = np.flatnonzero(film.kept_by(settings.deduplication, apart) < 0)
        return [film.crops[i] for i in kept], film.vectors[kept]
    return read_lines(Crop, studio.get(keys.crops)), from_npy(studio.get(keys.vectors))


def near_duplicate(crop: Crop, kept: Crop, similarity: float) -> Rejected:
    return Rejected(
        reason=RejectReason.NEAR_DUPLICATE,
        timecode_seconds=crop.timecode_seconds,
        chunk=crop.chunk,
        detail=f"similarity {similarity:.3f} to {kept.crop_id}",
        crop_id=crop.crop_id,
        box=crop.box,
        kept_instead=kept.crop_id,
    )


def load_chunks(keys: FilmKeys, studio: ObjectStore) -> list[SampledChunk]:
    """All chunks of the plan, in order. Raises NotFound when one is not finished."""
    planned = read_lines(Chunk, studio.get(keys.chunks))
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        return list(pool.map(lambda chunk: _load_chunk(keys.chunk(chunk.index), studio), planned))


def _load_chunk(at: ChunkKeys, studio: ObjectStore) -> SampledChunk:
    return SampledChunk(
        result=ChunkResult.from_stored(studio.get(at.done)),
        crops=read_lines(Crop, studio.get(at.crops)),
        vectors=from_npy(studio.get(at.vectors)),
        rejected=read_lines(Rejected, studio.get(at.rejected)),
        thumbnails=read_lines(Thumbnail, studio.get(at.thumbnails)),
    )


def join_shots(chunks: list[SampledChunk]) -> list[SampledChunk]:
    """Number the shots of the whole film: a shot that crosses a chunk's border is one shot."""
    joined: list[SampledChunk] = []
    numbers = first_shot_numbers([chunk.result.shots for chunk in chunks])
    for chunk, number in zip(chunks, numbers, strict=True):
        crops = tuple(crop.model_copy(update={"shot": crop.shot + number}) for crop in chunk.crops)
        joined.append(replace(chunk, crops=crops))
    return joined


def without_mixtures(chunks: Sequence[SampledChunk]) -> list[SampledChunk]:
    """Reject the crops of dissolves that lie across chunks' borders: no chunk can tell them."""
    mixed = mixtures_at_borders([chunk.result.borders for chunk in chunks])
    return [_without(chunk, mixed) if mixed else chunk for chunk in chunks]


def _without(chunk: SampledChunk, mixed: Mapping[float, str]) -> SampledChunk:
    """The chunk without the crops of some seconds; they are rejected with these details."""
    kept = [place for place, crop in enumerate(chunk.crops) if crop.timecode_seconds not in mixed]
    rejected = [
        Rejected(
            reason=RejectReason.FADE,
            timecode_seconds=crop.timecode_seconds,
            chunk=crop.chunk,
            detail=mixed[crop.timecode_seconds],
            crop_id=crop.crop_id,
            box=crop.box,
        )
        for crop in chunk.crops
        if crop.timecode_seconds in mixed
    ]
    return replace(
        chunk,
        crops=tuple(chunk.crops[place] for place in kept),
        vectors=chunk.vectors[kept],
        rejected=(*chunk.rejected, *rejected),
    )


@dataclass(frozen=True)
class FilmsNearDuplicates:
    """A production's films as they were sampled: near-duplicates at any threshold, unpaid."""

    films: Mapping[str, SampledFilm]

    @classmethod
    def read(
        cls, production: str, *, registry: Registry, studio: ObjectStore
    ) -> FilmsNearDuplicates:
        """All prepared films by film_id; one whose files were deleted is left out."""
        films: dict[str, SampledFilm] = {}
        for row in FILMS.list(registry, production):
            if row.body.run is None:
                continue
            keys = FilmKeys.of(row.body.run)
            try:
                settings = Settings.from_stored(studio.get(keys.settings))
                films[row.id] = read_sampled_film(keys, settings.embedding.dimensions, studio)
            except NotFound as fault:
                logger.warning("a film has no samples any more", film=row.id, fault=str(fault))
        return cls(films)

    def at(self, settings: DeduplicationSettings, apart: Pairs = ()) -> NearDuplicateGroups:
        """What a new run with these settings would keep of each film, and in which groups."""
        kept, groups = 0, []
        pairs = list(apart)
        for film in self.films.values():
            kept_by = film.kept_by(settings, pairs)
            kept += int((kept_by < 0).sum())
            of_kept: defaultdict[int, list[str]] = defaultdict(list)
            for row in np.flatnonzero(kept_by >= 0):
                of_kept[int(kept_by[row])].append(film.crops[row].crop_id)
            groups += [
                (film.crops[best].crop_id, *others) for best, others in sorted(of_kept.items())
            ]
        return NearDuplicateGroups(
            threshold=settings.threshold,
            kept=kept,
            of=sum(len(film.crops) for film in self.films.values()),
            groups=tuple(groups),
        )

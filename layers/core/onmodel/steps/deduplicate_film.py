"""Join the chunks' shots and tracks, and keep the best of near-duplicates. No paid call."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.films import (
    Chunk,
    ChunkResult,
    Crop,
    Rejected,
    RejectReason,
    RunRequest,
    Thumbnail,
)
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.formats.npy import from_npy, stack, to_npy
from onmodel.ports.storage import ObjectStore
from onmodel.video.shots.shot_counter import first_shot_numbers
from onmodel.vision.changes import Figures
from onmodel.vision.duplicates import find_track_duplicates
from onmodel.vision.tracks import find_tracks


@dataclass(frozen=True)
class SampledChunk:
    """The results of one finished chunk in S3; vectors has shape (crops, dimensions)."""

    result: ChunkResult
    crops: tuple[Crop, ...]
    vectors: Vectors
    rejected: tuple[Rejected, ...]
    thumbnails: tuple[Thumbnail, ...]


def deduplicate_film(request: RunRequest, *, studio: ObjectStore) -> None:
    """Write the run's crops.jsonl, vectors.npy (row i belongs to line i) and rejected.jsonl."""
    run = request.run
    keys = FilmKeys.of(run)
    settings = Settings.model_validate_json(studio.get(keys.settings))
    chunks = join_shots(load_chunks(keys, studio))
    crops = [crop for chunk in chunks for crop in chunk.crops]
    vectors = stack([chunk.vectors for chunk in chunks], settings.embedding.dimensions)
    tracks = find_tracks(crops, vectors)
    crops = [
        crop.model_copy(update={"track": int(track)})
        for crop, track in zip(crops, tracks, strict=True)
    ]
    quality = np.array([crop.quality for crop in crops], dtype=np.float32)
    figures = Figures(crops, [line for chunk in chunks for line in chunk.thumbnails])
    most = settings.deduplication.visible_change
    kept_by = find_track_duplicates(
        vectors, quality, tracks, settings.deduplication.threshold,
        lambda first, second: figures.change(first, second) >= most,
    )  # fmt: skip
    kept = np.flatnonzero(kept_by < 0)
    rejected = [line for chunk in chunks for line in chunk.rejected]
    rejected += [
        near_duplicate(crops[i], crops[kept_by[i]], float(vectors[i] @ vectors[kept_by[i]]))
        for i in np.flatnonzero(kept_by >= 0)
    ]
    studio.put(keys.crops, write_lines(crops[i] for i in kept), "application/jsonl")
    studio.put(keys.vectors, to_npy(vectors[kept]), "application/octet-stream")
    studio.put(keys.rejected, write_lines(rejected), "application/jsonl")


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
    chunks = []
    for planned in read_lines(Chunk, studio.get(keys.chunks)):
        at = keys.chunk(planned.index)
        chunks.append(
            SampledChunk(
                result=ChunkResult.model_validate_json(studio.get(at.done)),
                crops=read_lines(Crop, studio.get(at.crops)),
                vectors=from_npy(studio.get(at.vectors)),
                rejected=read_lines(Rejected, studio.get(at.rejected)),
                thumbnails=read_lines(Thumbnail, studio.get(at.thumbnails)),
            )
        )
    return chunks


def join_shots(chunks: list[SampledChunk]) -> list[SampledChunk]:
    """Number the shots of the whole film: a shot that crosses a chunk's border is one shot."""
    joined: list[SampledChunk] = []
    numbers = first_shot_numbers([chunk.result.shots for chunk in chunks])
    for chunk, number in zip(chunks, numbers, strict=True):
        crops = tuple(crop.model_copy(update={"shot": crop.shot + number}) for crop in chunk.crops)
        joined.append(replace(chunk, crops=crops))
    return joined

"""Sampled chunks whose crops have vectors of chosen likeness."""

from __future__ import annotations

import base64
import math

import numpy as np
from fakes.films_in_memory import run_of
from fakes.object_store import InMemoryObjectStore

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Crop, Thumbnail
from onmodel.contracts.films import Chunk, ChunkResult, ChunkShots, Run, StoredSignature
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.films.near_duplicates import SampledChunk
from onmodel.formats.jsonl import write_lines
from onmodel.formats.npy import to_npy
from onmodel.video.shots.signatures import SIGNATURE_SIZE
from onmodel.vision.encoding import thumbnail

ONE, OTHER = 1, 2  # seeds of pictures
GREY = base64.b64encode(thumbnail(np.full((9, 9, 3), 128, np.uint8))).decode()


def crop(chunk: int, shot: int) -> Crop:
    box = Box(left=0, top=0, width=9, height=9)
    return Crop(
        crop_id=f"{chunk}-{shot}",
        film_id="f",
        timecode_seconds=10 * chunk + shot,
        shot=shot,
        chunk=chunk,
        box=box,
        window=box,
        width=512,
        height=512,
        label="Person",
        confidence=90,
        sharpness=1,
        quality=1,
        key="k",
    )


def sampled(index: int, shots: int, seed: int = ONE) -> SampledChunk:
    """A chunk whose first and last look are a picture of that seed."""
    values = np.random.default_rng(seed).random(SIGNATURE_SIZE)
    look = StoredSignature(seconds=index, signature=tuple(values.tolist())) if shots else None
    answer = ChunkShots(cuts=max(0, shots - 1), first=look, last=look)
    result = ChunkResult(index=index, frames=1, crops=shots, rejected=0, shots=answer)
    crops = tuple(crop(index, shot) for shot in range(shots))
    return SampledChunk(result, crops, np.zeros((shots, 4), np.float32), (), ())


def store_chunks(studio: InMemoryObjectStore, cosines: list[float], settings: Settings) -> Run:
    """A run of two chunks: the best crop in the first, and one of each cosine to it after it.

    All look the same.
    """
    run = run_of("bunny/films/a.mp4")
    keys = FilmKeys.of(run)
    rows = np.zeros((len(cosines) + 1, settings.embedding.dimensions), np.float32)
    rows[0, 0] = 1
    for place, cosine in enumerate(cosines, start=1):
        rows[place, 0], rows[place, place] = cosine, math.sqrt(1 - cosine**2)
    crops = [
        crop(min(i, 1), i).model_copy(update={"quality": 1 / (i + 1)}) for i in range(len(rows))
    ]
    studio.put(keys.settings, settings.model_dump_json().encode(), "application/json")
    chunks = [Chunk(index=i, start_seconds=i, end_seconds=i + 1) for i in range(2)]
    studio.put(keys.chunks, write_lines(chunks), "application/jsonl")
    for chunk, part in zip(chunks, (slice(0, 1), slice(1, None)), strict=True):
        at = keys.chunk(chunk.index)
        done = sampled(chunk.index, 1).result
        studio.put(at.done, done.model_dump_json().encode(), "application/json")
        studio.put(at.crops, write_lines(crops[part]), "application/jsonl")
        studio.put(at.vectors, to_npy(rows[part]), "application/octet-stream")
        studio.put(at.rejected, b"", "application/jsonl")
        small = [Thumbnail(id=each.crop_id, jpeg=GREY) for each in crops[part]]
        studio.put(at.thumbnails, write_lines(small), "application/jsonl")
    return run

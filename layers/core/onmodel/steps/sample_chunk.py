"""Sample one chunk: decode, drop unusable frames, find figures, cut, embed, write.

Of an archive of pictures each picture is a figure: nothing is dropped or looked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from onmodel.contracts.arrays import Vector
from onmodel.contracts.films import (
    Chunk,
    ChunkBorders,
    ChunkResult,
    ChunkShots,
    FilmFacts,
    Run,
    SampleChunkRequest,
    StateError,
)
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.films.cutting import CutResult, FigureCutter, PictureCutter
from onmodel.films.cutting_in_order import in_order
from onmodel.films.file_kinds import is_picture_archive
from onmodel.films.picture_archive import open_picture_archive
from onmodel.films.source import open_film
from onmodel.formats.jsonl import write_lines
from onmodel.formats.npy import stack, to_npy
from onmodel.money.usage import UsageMeter
from onmodel.ports.finder import FinderOf
from onmodel.ports.models import EmbedderOf
from onmodel.ports.storage import ObjectStore
from onmodel.video import sample_by_settings
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.selection import DroppedFrame, select_frames

DECODERS = 2
"""One for each vCPU: the function has 1.7."""

BYTES_IN_FLIGHT = 50_000_000
"""Of decoded frames whose paid calls are under way while decoding goes on: 8 of 1080p, one for
each of the threads; more would wait, and cost memory. Two spans of a shot are held beside them."""

FRAMES_IN_FLIGHT = 16
"""The most for small frames: two for each thread, so that none waits."""

PICTURES_IN_FLIGHT = 3
"""Of an archive, where each may have 192 MB: the function has 3,008 MB, and one more waits."""

FrameT = TypeVar("FrameT", Frame, Frame | DroppedFrame)


def sample_chunk(
    request: SampleChunkRequest,
    *,
    uploads: ObjectStore,
    studio: ObjectStore,
    finder: FinderOf,
    embedder: EmbedderOf,
    meter: UsageMeter,
) -> None:
    """Write a chunk's crops and rejections; chunk.json last, so that a repeat does nothing.

    Args:
        request: run and chunk.
        uploads: where the film is read by ranges.
        studio: where results go.
        finder: makes the finder; its paid calls are cached and counted by `meter`.
        embedder: likewise.
        meter: what was paid for and what was reused.

    Raises:
        FilmRefused: nothing of the chunk can be decoded.
        Throttled: there was no answer until the function had to end; what was paid for is cached.
        ServiceUnavailable: retried by the machine, likewise.
    """
    run, chunk = request.run, request.chunk
    keys = FilmKeys.of(run)
    at = keys.chunk(chunk.index)
    if any(info.key == at.done for info in studio.list(at.done)):
        return
    try:
        _sample(run, chunk, uploads, studio, finder, embedder, meter)
    except Exception as fault:  # the map drops its children's errors: for refuse_film
        cause = json.dumps({"errorMessage": str(fault)})  # in the form that Lambda uses
        caught = StateError(Error=type(fault).__name__, Cause=cause)
        studio.put(keys.refusal, caught.model_dump_json().encode(), "application/json")
        raise


def _sample(  # noqa: PLR0917 - sample_chunk's own arguments
    run: Run,
    chunk: Chunk,
    uploads: ObjectStore,
    studio: ObjectStore,
    finder: FinderOf,
    embedder: EmbedderOf,
    meter: UsageMeter,
) -> None:
    keys = FilmKeys.of(run)
    at = keys.chunk(chunk.index)
    settings = Settings.from_stored(studio.get(keys.settings))
    facts = FilmFacts.from_stored(studio.get(keys.facts))
    reader = open_film(uploads, run.source, facts.size_bytes)
    is_film = not is_picture_archive(run.source.key)
    cutter = (FigureCutter if is_film else PictureCutter)(
        run,
        chunk,
        keys,
        settings,
        finder(settings.finder),
        embedder(settings.embedding),
        studio,
    )
    seen = Seen()
    frames: Iterator[Frame | DroppedFrame]
    if is_film:
        packets = PacketTable.load(studio.get(keys.packets))
        sampled = sample_by_settings(
            reader,
            settings.sampling,
            chunk.start_seconds,
            chunk.end_seconds,
            packets=packets,
            shapes=facts.shapes,
            threads=DECODERS,
            on_lost=seen.lose,
            on_shots=seen.join,
        )
        frames = select_frames(seen.watch(sampled), settings.sampling, seen.border)
        in_flight = _frames_in_flight(facts)
    else:
        frames = seen.watch(open_picture_archive(reader).frames(chunk))
        in_flight = PICTURES_IN_FLIGHT
    result = CutResult()
    for part in in_order(cutter, frames, in_flight, settings.finder.look_every):
        result.add(part)
    studio.put(at.crops, write_lines(result.crops), "application/jsonl")
    studio.put(
        at.vectors,
        to_npy(_rows(result.vectors, settings.embedding.dimensions)),
        "application/octet-stream",
    )
    studio.put(at.rejected, write_lines(result.rejected), "application/jsonl")
    studio.put(at.thumbnails, write_lines(result.thumbnails), "application/jsonl")
    done = ChunkResult(
        index=chunk.index,
        frames=seen.frames,
        crops=len(result.crops),
        rejected=len(result.rejected),
        shots=seen.shots,
        borders=seen.borders,
        lost_seconds=tuple(seen.lost_seconds),
        run_id=run.run_id,
        usage=meter.usage(),
    )
    studio.put(at.done, done.model_dump_json().encode(), "application/json")


@dataclass
class Seen:
    """Counts of the frames, and what the sampler reports beside them."""

    frames: int = 0
    shots: ChunkShots = field(default_factory=ChunkShots)
    borders: ChunkBorders = field(default_factory=ChunkBorders)
    lost_seconds: list[tuple[float, float]] = field(default_factory=list)

    def lose(self, start_seconds: float, end_seconds: float) -> None:
        self.lost_seconds.append((start_seconds, end_seconds))

    def join(self, shots: ChunkShots) -> None:
        self.shots = shots

    def border(self, borders: ChunkBorders) -> None:
        self.borders = borders

    def watch(self, frames: Iterable[FrameT]) -> Iterator[FrameT]:
        for frame in frames:
            self.frames += 1
            yield frame


def _rows(
    vectors: list[Vector], dimensions: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return stack([vector[None, :] for vector in vectors], dimensions)


def _frames_in_flight(facts: FilmFacts) -> int:
    largest = max(shape.width * shape.height for shape in facts.shapes)
    return max(2, min(FRAMES_IN_FLIGHT, BYTES_IN_FLIGHT // (3 * largest)))

"""Sample one chunk: decode, drop what is worthless, find figures, cut, embed, write."""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from onmodel.contracts.base import Box, Contract
from onmodel.contracts.film import (
    Chunk,
    ChunkResult,
    Crop,
    FilmFacts,
    Rejected,
    RejectReason,
    Run,
)
from onmodel.contracts.requests import SampleChunkRequest, StateError
from onmodel.errors import FilmRefused
from onmodel.film_source import open_film
from onmodel.jsonl import write_lines
from onmodel.keys import FilmKeys, crop_id, digest
from onmodel.npy import stack, to_npy
from onmodel.paid import Meter
from onmodel.ports import Embedder, EmbedderOf, LabelDetector, ObjectStore, Pixels, Vector
from onmodel.settings import Settings
from onmodel.video import sample_by_settings
from onmodel.video.frames import Frame
from onmodel.video.packets import PacketTable
from onmodel.video.selection import DroppedFrame, select_frames
from onmodel.vision.cropping import cut_crop, enlargement
from onmodel.vision.encoding import encode_for_service, encode_picture, thumbnail
from onmodel.vision.finding import Figure, choose_figures
from onmodel.vision.geometry import crop_window
from onmodel.vision.quality import crop_quality, measure_crop

DECODERS = 2
"""One a vCPU: the function has 1.7."""

BYTES_IN_FLIGHT = 100_000_000
"""Of decoded frames whose paid calls are under way while decoding goes on: 16 of 1080p."""

FRAMES_IN_FLIGHT = 16
"""At most, of small frames: twice the threads keeps them busy."""

PAID_CALLS_AT_ONCE = 8
"""Threads a chunk; 5 chunks × 8 stays under DetectLabels' 50 a second at 0.3 s a call."""


class Thumbnail(Contract):
    """A line of thumbnails.jsonl: a small JPEG for reports, by crop or by dropped frame."""

    id: str
    jpeg: str


@dataclass
class Found:
    """What one frame or the whole chunk came to."""

    crops: list[Crop] = field(default_factory=list)
    vectors: list[Vector] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    thumbnails: list[Thumbnail] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.crops += other.crops
        self.vectors += other.vectors
        self.rejected += other.rejected
        self.thumbnails += other.thumbnails


@dataclass(frozen=True)
class Cutter:
    """Turns a kept frame into crops; safe to use from several threads."""

    run: Run
    chunk: Chunk
    keys: FilmKeys
    facts: FilmFacts
    settings: Settings
    labels: LabelDetector
    embedder: Embedder
    studio: ObjectStore

    @property
    def frames_in_flight(self) -> int:
        size = self.facts.width * self.facts.height * 3
        return max(2, min(FRAMES_IN_FLIGHT, BYTES_IN_FLIGHT // size))

    def cut(self, frame: Frame) -> Found:
        """Pay for the frame's labels, cut every figure, pay for its vector, write the picture."""
        found = Found()
        answer = self.labels.detect(encode_for_service(frame.pixels))
        chosen = choose_figures(
            answer,
            self.settings.finder,
            self.facts.picture,
            (frame.pixels.shape[1], frame.pixels.shape[0]),
            self.settings.crop.min_figure_pixels,
        )
        for refusal in chosen.rejected:
            found.rejected.append(
                self._rejected(frame, refusal.reason, refusal.detail, refusal.box)
            )
        if chosen.rejected and not chosen.figures:
            found.thumbnails.append(_thumbnail(_frame_id(frame.timecode_seconds), frame.pixels))
        for figure in chosen.figures:
            self._cut_figure(frame, figure, found)
        return found

    def _cut_figure(self, frame: Frame, figure: Figure, found: Found) -> None:
        settings = self.settings.crop
        window = crop_window(figure.box, self.facts.picture, settings)
        pixels = cut_crop(frame.pixels, window, settings)
        identity = crop_id(
            self.run.film_id,
            frame.timecode_seconds,
            (window.left, window.top, window.width, window.height),
            digest(settings.model_dump(mode="json")),
        )
        key = self.keys.picture(identity, "jpg" if settings.format == "jpeg" else "png")
        vector = self.embedder.embed(encode_for_service(pixels))
        self.studio.put(key, encode_picture(pixels, settings.format), f"image/{settings.format}")
        found.vectors.append(vector)
        found.thumbnails.append(_thumbnail(identity, pixels))
        found.crops.append(
            Crop(
                crop_id=identity,
                film_id=self.run.film_id,
                chunk=self.chunk.index,
                shot=frame.shot,
                timecode_seconds=frame.timecode_seconds,
                box=figure.box,
                window=window,
                width=pixels.shape[1],
                height=pixels.shape[0],
                label=figure.label,
                confidence=figure.confidence,
                wide=figure.wide,
                sharpness=frame.sharpness,
                quality=crop_quality(
                    measure_crop(pixels),
                    enlargement=enlargement(window, settings),
                    figure_share=min(1.0, figure.box.area / window.area),
                    confidence=figure.confidence,
                ),
                key=key,
            )
        )

    def drop(self, dropped: DroppedFrame) -> Found:
        """A frame that selection dropped before anything was paid for."""
        found = Found()
        found.rejected.append(
            Rejected(
                reason=dropped.reason,
                timecode_seconds=dropped.timecode_seconds,
                chunk=self.chunk.index,
                detail=dropped.detail,
            )
        )
        found.thumbnails.append(_thumbnail(_frame_id(dropped.timecode_seconds), dropped.thumbnail))
        return found

    def _rejected(
        self, frame: Frame, reason: RejectReason, detail: str, box: Box | None
    ) -> Rejected:
        return Rejected(
            reason=reason,
            timecode_seconds=frame.timecode_seconds,
            chunk=self.chunk.index,
            detail=detail,
            box=box,
        )


def sample_chunk(
    request: SampleChunkRequest,
    *,
    uploads: ObjectStore,
    studio: ObjectStore,
    labels: LabelDetector,
    embedder: EmbedderOf,
    meter: Meter,
) -> None:
    """Write a chunk's crops and rejections; chunk.json last, so that a repeat does nothing.

    Args:
        request: run and chunk.
        uploads: where the film is read by ranges.
        studio: where results go.
        labels: the finder's detector, cached and counted by `meter`.
        embedder: likewise.
        meter: what was paid for and what was reused.

    Raises:
        FilmRefused: nothing of the chunk can be decoded.
        Throttled, ServiceUnavailable: retried by the machine; what was paid for is cached.
    """
    run, chunk = request.run, request.chunk
    keys = FilmKeys.of(run)
    at = keys.chunk(chunk.index)
    if any(info.key == at.done for info in studio.list(at.done)):
        return
    try:
        _sample(run, chunk, uploads, studio, labels, embedder, meter)
    except FilmRefused as refused:  # a map hides its children's errors: RefuseFilm reads this
        told = StateError(Error=type(refused).__name__, Cause=str(refused))
        studio.put(keys.refusal, told.model_dump_json().encode(), "application/json")
        raise


def _sample(  # noqa: PLR0917 - sample_chunk's own arguments
    run: Run,
    chunk: Chunk,
    uploads: ObjectStore,
    studio: ObjectStore,
    labels: LabelDetector,
    embedder: EmbedderOf,
    meter: Meter,
) -> None:
    keys = FilmKeys.of(run)
    at = keys.chunk(chunk.index)
    settings = Settings.model_validate_json(studio.get(keys.settings))
    facts = FilmFacts.model_validate_json(studio.get(keys.facts))
    packets = PacketTable.load(studio.get(keys.packets))
    reader = open_film(uploads, run.source, facts.size_bytes)
    cutter = Cutter(run, chunk, keys, facts, settings, labels, embedder(settings.embedding), studio)
    seen = Seen()
    frames = sample_by_settings(
        reader,
        settings.sampling,
        chunk.start_seconds,
        chunk.end_seconds,
        packets=packets,
        picture=facts.picture,
        threads=DECODERS,
        on_lost=seen.lose,
    )
    found = Found()
    for part in in_order(
        cutter, select_frames(seen.watch(frames), settings.sampling, facts.picture)
    ):
        found.add(part)
    studio.put(at.crops, write_lines(found.crops), "application/jsonl")
    studio.put(
        at.vectors,
        to_npy(_rows(found.vectors, settings.embedding.dimensions)),
        "application/octet-stream",
    )
    studio.put(at.rejected, write_lines(found.rejected), "application/jsonl")
    studio.put(at.thumbnails, write_lines(found.thumbnails), "application/jsonl")
    result = ChunkResult(
        index=chunk.index,
        frames=seen.frames,
        crops=len(found.crops),
        rejected=len(found.rejected),
        shots=seen.shots,
        lost_seconds=tuple(seen.lost_seconds),
        run_id=run.run_id,
        usage=meter.usage(),
        first_signature=seen.first_signature,
        last_signature=seen.last_signature,
    )
    studio.put(at.done, result.model_dump_json().encode(), "application/json")


@dataclass
class Seen:
    """What went by: counts, and the border frames' signatures."""

    frames: int = 0
    shots: int = 0
    first_signature: tuple[float, ...] = ()
    last_signature: tuple[float, ...] = ()
    lost_seconds: list[tuple[float, float]] = field(default_factory=list)

    def lose(self, start_seconds: float, end_seconds: float) -> None:
        self.lost_seconds.append((start_seconds, end_seconds))

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            if not self.frames:
                self.first_signature = frame.signature
            self.frames += 1
            self.shots = frame.shot + 1
            self.last_signature = frame.signature
            yield frame


def in_order(cutter: Cutter, frames: Iterable[Frame | DroppedFrame]) -> Iterator[Found]:
    """Overlap the paid calls of some frames with the decoding of the next; results in order."""
    waiting: deque[Future[Found]] = deque()
    with ThreadPoolExecutor(PAID_CALLS_AT_ONCE) as pool:
        try:
            for frame in frames:
                work = cutter.drop if isinstance(frame, DroppedFrame) else cutter.cut
                waiting.append(pool.submit(work, frame))  # type: ignore[arg-type]
                if len(waiting) >= cutter.frames_in_flight:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _rows(
    vectors: list[Vector], dimensions: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return stack([vector[None, :] for vector in vectors], dimensions)


def _frame_id(timecode_seconds: float) -> str:
    return f"frame-{round(timecode_seconds * 1000):09d}"


def _thumbnail(identity: str, pixels: Pixels) -> Thumbnail:
    return Thumbnail(id=identity, jpeg=base64.b64encode(thumbnail(pixels)).decode())

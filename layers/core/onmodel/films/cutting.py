"""Cutting the figures out of a kept frame: found, cut, embedded, written."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from onmodel.contracts.arrays import Pixels, Vector
from onmodel.contracts.base import Box
from onmodel.contracts.films import Chunk, Crop, FilmFacts, Rejected, RejectReason, Run, Thumbnail
from onmodel.contracts.keys import FilmKeys, crop_id, digest
from onmodel.contracts.settings import Settings
from onmodel.finders.labels import Figure, choose_figures
from onmodel.ports.models import Embedder, LabelDetector
from onmodel.ports.storage import ObjectStore
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.selection import DroppedFrame
from onmodel.vision.cropping import cut_crop, enlargement
from onmodel.vision.encoding import encode_for_service, encode_picture, thumbnail
from onmodel.vision.geometry import crop_window
from onmodel.vision.quality import crop_quality, measure_crop


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


def _frame_id(timecode_seconds: float) -> str:
    return f"frame-{round(timecode_seconds * 1000):09d}"


def _thumbnail(identity: str, pixels: Pixels) -> Thumbnail:
    return Thumbnail(id=identity, jpeg=base64.b64encode(thumbnail(pixels)).decode())

"""Finds the figures in the frames of a chunk, cuts them out, embeds and stores them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

from onmodel.contracts.arrays import Pixels, Vector
from onmodel.contracts.base import Box
from onmodel.contracts.crops import (
    BackgroundMoved,
    Crop,
    Detection,
    OtherFigure,
    Rejected,
    RejectReason,
    Thumbnail,
)
from onmodel.contracts.films import Chunk, Run
from onmodel.contracts.keys import FilmKeys, crop_id, digest
from onmodel.contracts.sampling_settings import CropSettings
from onmodel.contracts.settings import Settings
from onmodel.ports.finder import Finder, FrameDetections
from onmodel.ports.models import Embedder
from onmodel.ports.storage import ObjectStore
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.selection import DroppedFrame
from onmodel.vision.cropping import cut_crop, enlargement
from onmodel.vision.detections import choose_detections
from onmodel.vision.encoding import encode_for_service, encode_picture, thumbnail
from onmodel.vision.framing import framing_of
from onmodel.vision.geometry import FrameSize, crop_window
from onmodel.vision.other_figures import ROUNDED, narrow_window, visible_figures
from onmodel.vision.quality import crop_quality, measure_crop
from onmodel.vision.text_lines import letters_in_lines

IMPORTED = "imported"
"""The label of a figure that no finder found."""


@dataclass
class CutResult:
    """The crops and the rejections of one frame or of the whole chunk.

    `vectors[i]` is the vector of `crops[i]`.
    """

    crops: list[Crop] = field(default_factory=list)
    vectors: list[Vector] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    thumbnails: list[Thumbnail] = field(default_factory=list)

    def add(self, other: CutResult) -> None:
        self.crops += other.crops
        self.vectors += other.vectors
        self.rejected += other.rejected
        self.thumbnails += other.thumbnails


@dataclass(frozen=True)
class FigureCutter:
    """Turns a kept frame into crops; safe to use from several threads."""

    run: Run
    chunk: Chunk
    keys: FilmKeys
    settings: Settings
    finder: Finder
    embedder: Embedder
    studio: ObjectStore

    def cut_frame(self, frame: Frame) -> CutResult:
        """Find the figures (paid) and cut them out."""
        return self.cut(frame, self.look(frame))

    def look(self, frame: Frame) -> FrameDetections:
        """Ask the finder about a frame (paid)."""
        return self.finder.find(frame.pixels, frame.picture)

    def cut(
        self, frame: Frame, answer: FrameDetections, background: BackgroundMoved | None = None
    ) -> CutResult:
        """Cut each figure of an answer out, embed it (paid) and write its picture."""
        result = CutResult()
        for refused in answer.refused:
            result.rejected.append(
                self._rejected(frame, RejectReason.INVENTED, refused.reason, refused.box)
            )
        if answer.unusable:
            result.rejected.append(self._rejected(frame, RejectReason.NO_ANSWER, answer.unusable))
        elif not answer.detections and not answer.refused:
            reason, detail = RejectReason.NO_FIGURE, f"seen: {answer.seen}"
            result.rejected.append(self._rejected(frame, reason, detail))
        chosen, rejected = choose_detections(
            answer.detections,
            least_side=self.settings.crop.min_figure_pixels,
            most=self.settings.finder.max_figures,
        )
        for refusal in rejected:
            result.rejected.append(
                self._rejected(frame, refusal.reason, refusal.detail, refusal.box)
            )
        for figure in chosen:
            others = [found.box for found in answer.detections if found is not figure]
            self._cut_figure(frame, figure, others, result)
        result.crops = [
            crop.model_copy(update={"background": background})
            for crop in _with_others_known(result.crops)
        ]
        if result.rejected or not result.crops:  # the report shows what was refused in it
            result.thumbnails.append(_thumbnail(_frame_id(frame.timecode_seconds), frame.pixels))
        return result

    def _cut_figure(
        self, frame: Frame, figure: Detection, others: Sequence[Box], result: CutResult
    ) -> None:
        settings = self.settings.crop
        window = narrow_window(figure.box, frame.picture, settings, others)
        enlarged = enlargement(window, settings)
        if enlarged > settings.max_enlargement + ROUNDED:
            detail = f"enlarged {enlarged:.2f} times > {settings.max_enlargement:g}"
            result.rejected.append(self._rejected(frame, RejectReason.ENLARGED, detail, figure.box))
            return
        pixels = cut_crop(frame.pixels, window, settings)
        letters = letters_in_lines(pixels, settings.max_letters)
        if letters >= settings.max_letters:
            detail = f"lines of text with {letters} letters or more"
            result.rejected.append(self._rejected(frame, RejectReason.TEXT, detail, figure.box))
            return
        identity = crop_of(
            self.run.film_id,
            frame.timecode_seconds,
            window,
            settings,
            figure=sum(crop.window == window for crop in result.crops),
        )
        key = self.keys.picture(identity, "jpg" if settings.format == "jpeg" else "png")
        vector = self.embedder.embed(encode_for_service(pixels))
        self.studio.put(key, encode_picture(pixels, settings.format), f"image/{settings.format}")
        result.vectors.append(vector)
        result.thumbnails.append(_thumbnail(identity, pixels))
        result.crops.append(
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
                found_by=figure.found_by,
                framing=framing_of(figure, frame.picture, window),
                sharpness=frame.sharpness,
                quality=crop_quality(
                    measure_crop(pixels, figure.box, window),
                    enlargement=enlarged,
                    figure_share=min(1.0, figure.box.area / window.area),
                    confidence=figure.confidence,
                ),
                key=key,
                others=tuple(
                    OtherFigure(box=other.box, share=round(other.share, 3))
                    for other in visible_figures(figure.box, window, others)
                ),
            )
        )

    def record_dropped(self, dropped: DroppedFrame) -> CutResult:
        """A frame that selection dropped before anything was paid for."""
        rejected = Rejected(
            reason=dropped.reason,
            timecode_seconds=dropped.timecode_seconds,
            chunk=self.chunk.index,
            detail=dropped.detail,
        )
        shown = _thumbnail(_frame_id(dropped.timecode_seconds), dropped.thumbnail)
        return CutResult(rejected=[rejected], thumbnails=[shown])

    def _rejected(
        self, frame: Frame, reason: RejectReason, detail: str, box: Box | None = None
    ) -> Rejected:
        return Rejected(
            reason=reason,
            timecode_seconds=frame.timecode_seconds,
            chunk=self.chunk.index,
            detail=detail,
            box=box,
        )


def _with_others_known(crops: Sequence[Crop]) -> list[Crop]:
    """The crops of one frame; other figures that were cut out too have the id of their crop."""
    ids = {crop.box: crop.crop_id for crop in crops}
    return [
        crop.model_copy(
            update={
                "others": tuple(
                    other.model_copy(update={"crop_id": ids.get(other.box)})
                    for other in crop.others
                )
            }
        )
        for crop in crops
    ]


class PictureCutter(FigureCutter):
    """Takes each picture of an archive for a figure: no finder is asked."""

    def look(self, frame: Frame) -> FrameDetections:
        """The whole picture as the one figure; nothing is paid for."""
        whole = Detection(box=frame.picture, label=IMPORTED, confidence=100)
        return FrameDetections((whole,), IMPORTED)

    def cut(
        self, frame: Frame, answer: FrameDetections, background: BackgroundMoved | None = None
    ) -> CutResult:
        """Cut the picture to the aspect and size of crops, embed it (paid) and write it."""
        result = CutResult()
        for whole in answer.detections:
            self._cut_figure(frame, whole, (), result)
        if not result.crops:
            result.thumbnails.append(_thumbnail(_frame_id(frame.timecode_seconds), frame.pixels))
        return result


def crop_of(
    film: str, timecode_seconds: float, window: Box, settings: CropSettings, figure: int = 0
) -> str:
    """The id of the crop of a window. Arguments as of `crop_id`."""
    place = (window.left, window.top, window.width, window.height)
    return crop_id(film, timecode_seconds, place, digest(settings.model_dump(mode="json")), figure)


def crop_of_picture(film: str, number: int, size: FrameSize, settings: CropSettings) -> str:
    """The id that a picture of an archive gets.

    Args:
        film: film_id of the archive.
        number: of the picture, from 0.
        size: width and height in pixels.
        settings: of crops.
    """
    whole = Box(left=0, top=0, width=size[0], height=size[1])
    return crop_of(film, number, crop_window(whole, whole, settings), settings)


def _frame_id(timecode_seconds: float) -> str:
    return f"frame-{round(timecode_seconds * 1000):09d}"


def _thumbnail(identity: str, pixels: Pixels) -> Thumbnail:
    return Thumbnail(id=identity, jpeg=base64.b64encode(thumbnail(pixels)).decode())

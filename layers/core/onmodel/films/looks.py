"""Decides at which frames of a shot a finder looks, and carries its figures to the frames between.

A look is paid for, and in a shot figures hardly change from one sample to the next. So the finder
looks at the first and the last frame of a shot and at every few between (`finder.look_every`),
but not at a last one just after such a look. Where a figure's pixels are not found again in the
next frame, or there was none, it looks there as well, unless the figures of a look at the frame
after are found there. What it missed in one frame and found in the neighbouring one is carried
there, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from onmodel.contracts.base import Box
from onmodel.contracts.crops import BackgroundMoved, Detection
from onmodel.ports.finder import FrameDetections
from onmodel.video.sampling.frames import Frame
from onmodel.vision.carrying import WIDTH, Grey, carried, grey_copy
from onmodel.vision.geometry import intersection_over_union

_SAME_FIGURE = 0.3  # intersection over union from which a carried box is one that was found

_CONFIDENCE = 0.8
"""Of a carried figure, by that in the frame before: its box may be of another pose, so of pictures
that are otherwise as good the found one is kept, and the track is named by it."""

Look = Callable[[Frame], FrameDetections]
"""Asks the finder about a frame, which is paid for."""


@dataclass(frozen=True, eq=False)
class SeenFrame:
    """A frame and the figures in it, found or carried; and where its background is, if known."""

    frame: Frame
    answer: FrameDetections
    background: BackgroundMoved | None = None

    @cached_property
    def copy(self) -> Grey:
        """The small copy in which figures are searched."""
        return grey_copy(self.frame.pixels)

    def with_figures_of(self, other: SeenFrame) -> SeenFrame:
        """With the figures of a neighbour that are in this frame and were not found in it."""
        known = list(self.answer.detections)
        for figure in other.answer.detections:
            moved = other.carry(figure, self)
            if moved is not None and not _overlaps(moved.box, known):
                known.append(moved)
        if len(known) == len(self.answer.detections):
            return self
        return replace(self, answer=replace(self.answer, detections=tuple(known)))

    def carry(self, figure: Detection, to: SeenFrame) -> Detection | None:
        """A figure of this frame in a neighbour; None where it is not found again."""
        if figure.wide:
            return None
        scale = self.frame.pixels.shape[1] / WIDTH
        box = carried(figure.box, to.frame.picture, scale, self.copy, to.copy)
        if box is None:
            return None
        face = None if figure.face is None else _moved(figure.face, figure.box, box, to.frame)
        confidence = figure.confidence * _CONFIDENCE
        return figure.model_copy(update={"box": box, "face": face, "confidence": confidence})


def follow_figures(
    span: Sequence[Frame],
    before: SeenFrame | None,
    first: FrameDetections,
    after: SeenFrame | None,
    look: Look,
) -> list[SeenFrame]:
    """The figures of each frame of a span.

    Args:
        span: frames of one shot, in order of time.
        before: the last frame of the span before, if it is of the same shot.
        first: the finder's answer for the span's first frame.
        after: the frame after the span with the finder's answer, likewise.
        look: for frames in which a figure is lost.
    """
    seen = SeenFrame(span[0], first)
    if before is not None:
        seen = seen.with_figures_of(before)
    followed = [seen]
    for frame in span[1:]:
        known = after if frame is span[-1] else None
        followed.append(_next(followed[-1], frame, known, look))
    if after is not None:
        for place in range(len(followed) - 1, -1, -1):
            after = followed[place] = followed[place].with_figures_of(after)
    return followed


def _next(seen: SeenFrame, frame: Frame, after: SeenFrame | None, look: Look) -> SeenFrame:
    """A frame with the figures of the frame before; `after` is the frame after it, if it was seen.

    A figure that is lost may be in the frame after: then nobody is asked about this one.
    """
    words = f"not asked: as at {seen.frame.timecode_seconds:.3f} s"
    following = SeenFrame(frame, FrameDetections((), words))
    figures = seen.answer.detections
    moved = [seen.carry(figure, following) for figure in figures]
    if not moved or None in moved:
        if after is not None:
            between = following.with_figures_of(seen).with_figures_of(after)
            if len(between.answer.detections) >= max(1, len(figures)):
                return between
        return replace(following, answer=look(frame)).with_figures_of(seen)
    return following.with_figures_of(seen)


def _moved(face: Box, before: Box, now: Box, frame: Frame) -> Box | None:
    """A face, moved as its figure's box was; None where it is then not wholly in the frame."""
    left, top = face.left + now.left - before.left, face.top + now.top - before.top
    height, width = frame.pixels.shape[:2]
    if left < 0 or top < 0 or left + face.width > width or top + face.height > height:
        return None
    return Box(left=left, top=top, width=face.width, height=face.height)


def _overlaps(box: Box, known: Sequence[Detection]) -> bool:
    return any(intersection_over_union(box, each.box) >= _SAME_FIGURE for each in known)

"""Drops frames before paid calls: black, blank, faded, mixed, blurred and unchanged ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.crops import RejectReason
from onmodel.contracts.films import ChunkBorders
from onmodel.contracts.sampling_settings import Sampling
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.mixtures import AT_BORDERS, REACH, SmallPicture, borders_of, mixture

THUMBNAIL_HEIGHT = 90
_LUMA_WIDTH = 160  # wide enough that a moving mouth changes it
_TILES = 10  # each way: a face that changes its expression fills one of these tiles or more
_HIGHLIGHT = 3.0  # times the black level: lights of a night scene are brighter than that
_SAME_PICTURE = 0.5  # correlation with the neighbour; below 1 because figures move during a fade
_FADED = 0.6  # of the neighbour's contrast: less is a fade


@dataclass(frozen=True, eq=False)
class DroppedFrame:
    """A dropped frame: its time, the reason, and a thumbnail.

    Attributes:
        detail: the measured value and the limit.
        thumbnail: (at most THUMBNAIL_HEIGHT, width, 3) uint8, BGR.
        second_look: the frame itself, where it is the first unchanged one after a kept frame: to
            be looked at when no figure was found in that one.
    """

    timecode_seconds: float
    reason: RejectReason
    detail: str
    thumbnail: Pixels
    second_look: Frame | None = None


def select_frames(
    frames: Iterable[Frame],
    sampling: Sampling,
    on_borders: Callable[[ChunkBorders], None] | None = None,
) -> Iterator[Frame | DroppedFrame]:
    """Yield each frame, or a DroppedFrame in its place. Holds REACH frames after the current one.

    Args:
        frames: in order of time; only the part without bars is measured.
        sampling: the settings with the thresholds.
        on_borders: called after the last frame with what tells dissolves across chunks.
    """
    kept: _Measured | None = None
    before: _Measured | None = None
    looked_again = False
    upcoming = map(_Measured.of, frames)
    waiting: deque[_Measured] = deque()
    first: list[SmallPicture] = []
    last: deque[SmallPicture] = deque(maxlen=AT_BORDERS)
    while True:
        waiting.extend(islice(upcoming, REACH + 1 - len(waiting)))
        if not waiting:
            break
        now = waiting.popleft()
        reason = _flaw(now, sampling) or _fade(now, before, waiting[0] if waiting else None)
        reason = reason or _mixed(last, now, waiting) or _soft(now, sampling)
        reason = reason or _unchanged(now, kept, sampling)
        before = now
        last.append(now.small)
        if len(first) < AT_BORDERS:
            first.append(now.small)
        if reason is None:
            kept, looked_again = now, False
            yield now.frame
            continue
        dropped = _dropped(now.frame, *reason)
        if reason[0] == RejectReason.UNCHANGED and not looked_again:
            dropped, looked_again = replace(dropped, second_look=now.frame), True
        yield dropped
    if on_borders is not None:
        on_borders(borders_of(first, last))


@dataclass(frozen=True, eq=False)
class _Measured:
    frame: Frame
    luma: npt.NDArray[np.float32]
    mean: float
    deviation: float
    highlight: float
    small: SmallPicture

    @classmethod
    def of(cls, frame: Frame) -> _Measured:
        luma = _luma(frame)
        return cls(
            frame,
            luma,
            float(luma.mean()),
            float(luma.std()),
            float(np.percentile(luma, 99)),
            SmallPicture.of(frame.timecode_seconds, luma),
        )

    def is_comparable(self, other: _Measured) -> bool:
        """Whether both show one shot, and pictures of one shape."""
        return self.frame.shot == other.frame.shot and self.luma.shape == other.luma.shape


_Flaw = tuple[RejectReason, str]


def _luma(frame: Frame) -> npt.NDArray[np.float32]:
    """(height, _LUMA_WIDTH) thumbnail of the picture, 0 to 255."""
    picture = frame.picture
    part = frame.pixels[picture.top : picture.bottom, picture.left : picture.right]
    step = max(1, part.shape[1] // (2 * _LUMA_WIDTH))
    points: Any = cv2.cvtColor(np.ascontiguousarray(part[::step, ::step]), cv2.COLOR_BGR2GRAY)
    height = round(points.shape[0] * _LUMA_WIDTH / points.shape[1])
    small = cv2.resize(points, (_LUMA_WIDTH, max(1, height)), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _flaw(now: _Measured, sampling: Sampling) -> _Flaw | None:
    if now.mean < sampling.black_level and now.highlight < _HIGHLIGHT * sampling.black_level:
        return RejectReason.BLACK, f"mean luma {now.mean:.1f} < {sampling.black_level:g}"
    if now.deviation < sampling.blank_deviation:
        detail = f"luma deviation {now.deviation:.1f} < {sampling.blank_deviation:g}"
        return RejectReason.BLANK, detail
    return None


def _fade(now: _Measured, before: _Measured | None, after: _Measured | None) -> _Flaw | None:
    """The reason FADE, if a neighbour shows the same picture with much more contrast."""
    for other in (before, after):
        if other is None or not now.is_comparable(other):
            continue
        if now.deviation >= _FADED * other.deviation:
            continue
        product = (now.luma - now.mean) * (other.luma - other.mean)
        alike = float(product.mean()) / max(now.deviation * other.deviation, 1e-6)
        if alike > _SAME_PICTURE:
            share = now.deviation / other.deviation
            return RejectReason.FADE, f"contrast {share:.2f} of its neighbour's < {_FADED:g}"
    return None


def _mixed(
    before: Iterable[SmallPicture], now: _Measured, after: Iterable[_Measured]
) -> _Flaw | None:
    words = mixture(list(before), now.small, [each.small for each in after])
    return (RejectReason.FADE, words) if words else None


def _soft(now: _Measured, sampling: Sampling) -> _Flaw | None:
    if now.frame.sharpness >= sampling.min_sharpness:
        return None
    return (
        RejectReason.BLURRED,
        f"sharpness {now.frame.sharpness:.1f} < {sampling.min_sharpness:g}",
    )


def _unchanged(now: _Measured, kept: _Measured | None, sampling: Sampling) -> _Flaw | None:
    if kept is None or not now.is_comparable(kept):
        return None
    difference = np.abs(now.luma - kept.luma)
    change = float(difference.mean())
    tiles = cv2.resize(difference, (_TILES, _TILES), interpolation=cv2.INTER_AREA)
    most = float(tiles.max())
    if change >= sampling.unchanged_difference or most >= sampling.unchanged_tile_difference:
        return None
    detail = (
        f"luma change {change:.2f} < {sampling.unchanged_difference:g}, in the tile that changed"
        f" most {most:.2f} < {sampling.unchanged_tile_difference:g}"
    )
    return RejectReason.UNCHANGED, f"{detail} since {kept.frame.timecode_seconds:.3f} s"


def _dropped(frame: Frame, reason: RejectReason, detail: str) -> DroppedFrame:
    return DroppedFrame(frame.timecode_seconds, reason, detail, _thumbnail(frame.pixels))


def _thumbnail(pixels: Pixels) -> Pixels:
    """A copy scaled to at most THUMBNAIL_HEIGHT pixels of height."""
    height = min(THUMBNAIL_HEIGHT, pixels.shape[0])
    width = max(1, round(pixels.shape[1] * height / pixels.shape[0]))
    small: Any = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)

"""Finds the bars of each shot: an old clip within a film has others than the film."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.measurement import sharpness_of_pixels

COMPARED = 3
"""Frames of a shot whose bars are found together: one that a dissolve brightens decides for itself
alone, and so does one that is dark."""

_STEP = 8  # every eighth pixel along a line, which is enough to tell whether it is dark
_DARK, _LIT = 24, 40  # of 255: compression noise on black is darker; a picture is brighter
_SPECKS, _LIT_SHARE = 0.02, 0.33  # of a line's pixels: a bar has no more; a picture's edge has
_FILLED = 0.5  # of the pixels between two bars, not dark: lines of text on black are no picture
_LEAST_BAR = 0.01  # of a side: narrower dark edges are overscan
_UNEQUAL = 0.02  # of a side, between two bars: editing programs place a clip in the middle
_LEAST_PICTURE = 0.3  # of a side: a film made upright fills 0.32 of the width
_EDGE = 4  # lines just inside of a bar, of which one must be lit: compression blurs the first
_SOFT_EDGE = 0.05  # of a side: the widest edge of a bar that fades into the picture
_FADED_IN = 0.8  # of the brightness just inside of a soft edge: the picture begins here
_FADING = 0.25  # of it: darker lines tell nothing
_AS_BRIGHT = 0.6
"""Of the brightness of the whole picture, just inside of a soft edge. A lamp's light is darker
there."""
_EVEN = 1.25
"""Relative spread of a line in a soft edge, by that just inside: its pixels get brighter together.
In a line across the outline of something before black, some are black and others are not."""


@dataclass(frozen=True, eq=False)
class _Side:
    """Of each line along a side, the shares of its pixels that are not dark and that are lit.

    `brightest` has the pixels, a line in each row.
    """

    not_dark: npt.NDArray[np.float64]
    lit: npt.NDArray[np.float64]
    brightest: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, pixels: Pixels, axis: int) -> _Side:
        """Lines that run along `axis`."""
        brightest = brightest_colour(pixels)
        lines = brightest if axis else brightest.T
        return cls((brightest > _DARK).mean(axis), (brightest > _LIT).mean(axis), lines)


@dataclass(frozen=True, eq=False)
class _Lines:
    """The rows and the columns of a frame."""

    rows: _Side
    columns: _Side

    @classmethod
    def of(cls, frame: Frame) -> _Lines:
        return cls(_Side.of(frame.pixels[:, ::_STEP], 1), _Side.of(frame.pixels[::_STEP], 0))


def with_shot_bars(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Yield the frames with the part of the picture inside the bars of their shot.

    Both bars of a shot are dark and equal, and end at a line of which a third is lit or more, or
    fade into one; half of what lies between them is not dark. Otherwise, as at night, the film's
    bars count. Holds COMPARED frames at a time.

    Args:
        frames: in order of time; `picture` is the part inside the bars of the film.
    """
    for _, shown in groupby(frames, key=lambda frame: (frame.shot, frame.pixels.shape)):
        held: deque[_Lines] = deque(maxlen=COMPARED)
        waiting: list[tuple[Frame, _Lines]] = []
        for frame in shown:
            held.append(_Lines.of(frame))
            waiting.append((frame, held[-1]))
            if len(held) == COMPARED:
                yield from (_inside(*each, held) for each in waiting)
                waiting.clear()
        yield from (_inside(*each, held) for each in waiting)


def brightest_colour(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """The brightest colour of each pixel, so that dark blue is no bar."""
    blue, green, red = (pixels[..., channel] for channel in range(3))
    return np.maximum(np.maximum(blue, green), red)  # 20 times as fast as max(axis=2)


def _inside(frame: Frame, own: _Lines, shots: Iterable[_Lines]) -> Frame:
    """The frame with its shot's picture; its sharpness is measured anew where that differs."""
    film = frame.picture
    top, bottom = _span(own.rows, [each.rows for each in shots], (film.top, film.bottom))
    left, right = _span(own.columns, [each.columns for each in shots], (film.left, film.right))
    picture = Box(left=left, top=top, width=right - left, height=bottom - top)
    if picture == film:
        return frame
    part: Any = frame.pixels[top:bottom, left:right]
    return replace(frame, picture=picture, sharpness=sharpness_of_pixels(part))


def _span(own: _Side, shots: Sequence[_Side], film: tuple[int, int]) -> tuple[int, int]:
    """First line of the picture, and the one after its last; the film's where it is uncertain.

    A line in which the frame itself shows something is no bar, whatever the others of its shot.
    """
    not_dark = np.maximum(own.not_dark, np.median([each.not_dark for each in shots], axis=0))
    lit = np.maximum(own.lit, np.median([each.lit for each in shots], axis=0))
    shown = np.flatnonzero(not_dark > _SPECKS)
    side = len(not_dark)
    if not len(shown):
        return film
    first, last = int(shown[0]), int(shown[-1]) + 1
    equal = abs(first - (side - last)) <= _UNEQUAL * side
    filled = not_dark[first:last].mean()
    if not equal or filled < _FILLED or last - first < _LEAST_PICTURE * side:
        return film
    widest = max(1, round(_SOFT_EDGE * side))
    soft = [
        _soft_lines(lit[part], own.brightest[part], widest)
        for part in (slice(first, last), slice(last - 1, first - 1 if first else None, -1))
    ]
    if None in soft:
        return film
    first, last = first + (soft[0] or 0), last - (soft[1] or 0)
    if min(first, side - last) < _LEAST_BAR * side:
        first, last = 0, side
    near = max(abs(first - film[0]), abs(last - film[1])) < _LEAST_BAR * side
    return film if near else (first, last)


def _soft_lines(
    lit: npt.NDArray[np.float64], lines: npt.NDArray[np.uint8], widest: int
) -> int | None:
    """How many lines fade from a bar into the picture; None where it does not end like a bar.

    Args:
        lit: of the lines from the bar on to the other one, as of `_Side`.
        lines: the pixels of these lines.
        widest: lines that fade at most.
    """
    if lit[:_EDGE].max() >= _LIT_SHARE:
        return 0
    mean = lines.mean(axis=1)
    spread = lines[: 2 * widest].std(axis=1) / np.maximum(mean[: 2 * widest], 1)
    level, even = mean[widest : 2 * widest].mean(), np.median(spread[widest:])
    shown = np.flatnonzero((mean[:widest] >= _FADED_IN * level) & (lit[:widest] >= _LIT_SHARE))
    if not len(shown) or level < _AS_BRIGHT * mean.mean():
        return None
    fading = mean[: shown[0]] >= _FADING * level
    is_even = (spread[: shown[0]][fading] <= _EVEN * even).all()
    return int(shown[0]) if is_even else None

"""Finds the letterbox and pillarbox bars that a film has throughout."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from onmodel.contracts.base import Box

Luma = npt.NDArray[np.uint8]
"""(height, width) uint8, 0 black to 255 white."""

DARK = 24  # of 255: compression noise on black is weaker
LEAST_PICTURE = 0.4  # of a side: a smaller rest means a dark film, not bars
LEAST_BAR = 0.01  # of a side: narrower dark edges are overscan, not bars
_LEAST_BRIGHTNESS = 40  # of 255: darker frames are left out, because their edges may be dark too
_LEAST_FRAMES = 3


def find_picture(frames: Sequence[Luma], width: int, height: int) -> Box:
    """The part of the picture without bars; bars are edges that are dark in all bright frames.

    Args:
        frames: (height, width) uint8 luma of whole frames, all of one size.
        width: of the display frame, in pixels; the box is in these pixels.
        height: of the display frame.
    """
    whole = Box(left=0, top=0, width=width, height=height)
    bright = [frame for frame in frames if np.percentile(frame, 95) > _LEAST_BRIGHTNESS]
    if len(bright) < min(_LEAST_FRAMES, len(frames)) or not bright:
        return whole
    brightest = np.max(np.stack(bright), axis=0)
    rows = np.flatnonzero(np.percentile(brightest, 98, axis=1) > DARK)
    columns = np.flatnonzero(np.percentile(brightest, 98, axis=0) > DARK)
    if not len(rows) or not len(columns):
        return whole
    top, bottom = _edges(rows, brightest.shape[0], height)
    left, right = _edges(columns, brightest.shape[1], width)
    if bottom - top < LEAST_PICTURE * height or right - left < LEAST_PICTURE * width:
        return whole
    return Box(left=left, top=top, width=right - left, height=bottom - top)


def _edges(lit: np.ndarray[tuple[int], np.dtype[np.intp]], size: int, side: int) -> tuple[int, int]:
    """First and last pixel of the picture along one side; no bar unless it is wide enough."""
    scale = side / size
    first, last = int(np.ceil(lit[0] * scale)), int(np.floor((lit[-1] + 1) * scale))
    first = first if first >= LEAST_BAR * side else 0
    last = last if side - last >= LEAST_BAR * side else side
    return first, last

"""Finding letter and pillar bars, once a film."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from onmodel.contracts.base import Box

Luma = npt.NDArray[np.uint8]
"""(height, width) uint8, 0 black to 255 white."""

DARK = 24  # of 255: compression noise on black stays below it
LEAST_PICTURE = 0.4  # of a side: what is left when bars are cut; less is a dark film, not bars
LEAST_BAR = 0.01  # of a side: narrower edges are overscan, not bars
_BRIGHT_ENOUGH = 40  # a frame darker than this at its brightest tells nothing of bars
_MANY = 3


def find_picture(frames: Sequence[Luma], width: int, height: int) -> Box:
    """The frame without bars: what is dark at the edges of all frames that show anything.

    Args:
        frames: (height, width) uint8 luma of the whole frame, any one size.
        width: of the display frame, which the box is measured in.
        height: of it.
    """
    whole = Box(left=0, top=0, width=width, height=height)
    telling = [frame for frame in frames if np.percentile(frame, 95) > _BRIGHT_ENOUGH]
    if len(telling) < min(_MANY, len(frames)) or not telling:
        return whole
    brightest = np.max(np.stack(telling), axis=0)
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

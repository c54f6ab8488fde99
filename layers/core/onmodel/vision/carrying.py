"""Finds the figures of one frame again in the next one of the shot, by their pixels."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box

Grey = npt.NDArray[np.uint8]
"""(height, width) uint8: a small copy of a frame."""

WIDTH = 320
_LEAST_ALIKE = 0.8  # correlation; chosen on the half "tune" of bench/characters.py
_ACROSS, _UP = 40, 20  # pixels of the small copy that a figure may move between two samples
_LEAST_SIDE = 8  # pixels of the small copy: less has no pattern of its own
_FLAT = 2.0  # deviation of luma: nothing to find again


def grey_copy(pixels: Pixels, width: int = WIDTH) -> Grey:
    """The small copy of a frame, by default the one in which boxes are searched."""
    height = max(1, round(pixels.shape[0] * width / pixels.shape[1]))
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)


def carried(box: Box, picture: Box, scale: float, one: Grey, other: Grey) -> Box | None:
    """Where the pixels of a box are in another frame.

    None where nothing is as alike, or where the box does not fit into the picture: bars of two
    frames of a shot may differ when one of them is dark.

    Args:
        box: in the frame of `one`.
        picture: the part of the other frame inside its bars; the box stays in it.
        scale: pixels of the frame to one of the small copy.
        one: copy of the frame with the box.
        other: copy of the other frame, of the same shape.
    """
    if one.shape != other.shape or box.width > picture.width or box.height > picture.height:
        return None
    left, top = round(box.left / scale), round(box.top / scale)
    right, bottom = round(box.right / scale), round(box.bottom / scale)
    pattern = one[top:bottom, left:right]
    if min(pattern.shape) < _LEAST_SIDE or float(pattern.std()) < _FLAT:
        return None
    from_x, from_y = max(0, left - _ACROSS), max(0, top - _UP)
    searched = other[from_y : bottom + _UP, from_x : right + _ACROSS]
    alike: Any = cv2.matchTemplate(searched, pattern, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(alike)
    if best < _LEAST_ALIKE:
        return None
    moved_x, moved_y = round((from_x + x - left) * scale), round((from_y + y - top) * scale)
    return Box(
        left=min(max(box.left + moved_x, picture.left), picture.right - box.width),
        top=min(max(box.top + moved_y, picture.top), picture.bottom - box.height),
        width=box.width,
        height=box.height,
    )

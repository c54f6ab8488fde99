"""Finds lines of text in a picture, such as titles and end credits, without reading them.

Letters are small parts that are brighter or darker than what is around them; those of one line have
nearly one height, one brightness and one base line, and stand close together. Texture such as grass
has short runs of such parts, and text has long ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Pixels
from onmodel.vision.cropping import fit_within

LONGEST_SIDE = 1024
STROKE_SIDE = 13
"""Pixels. Strokes up to this width stand out from their surroundings."""

CONTRAST = 50
"""Luma by which a stroke differs from its surroundings."""

LOWEST, HIGHEST = 6, 48
"""Pixels: the height of a letter."""

SHORTEST_RUN = 8
"""Letters of one line. Measured on Big Buck Bunny: grass has runs of 5 to 7 in many frames."""

FloatColumn = npt.NDArray[np.float64]


def letters_in_lines(pixels: Pixels, enough: int) -> int:
    """How many letters stand in lines of text; counting ends at `enough`.

    Args:
        pixels: `(height, width, 3)` uint8, BGR.
        enough: at least 1.
    """
    luma = cast(Pixels, cv2.cvtColor(fit_within(pixels, LONGEST_SIDE), cv2.COLOR_BGR2GRAY))
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (STROKE_SIDE, STROKE_SIDE))
    most = 0
    for brighter_or_darker in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
        strokes = cv2.morphologyEx(luma, brighter_or_darker, kernel) >= CONTRAST
        most = max(most, _in_lines(_letters(luma, strokes.astype(np.uint8)), enough))
        if most >= enough:
            return enough
    return most


@dataclass(frozen=True, eq=False)
class _Letters:
    """Parts that may be letters, from left to right: pixels, mean luma, and how many they are."""

    left: FloatColumn
    right: FloatColumn
    bottom: FloatColumn
    height: FloatColumn
    luma: FloatColumn
    count: npt.NDArray[np.int64]


def _letters(luma: Pixels, strokes: Pixels) -> _Letters:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    left, top, width, height, area = stats[1:].T.astype(np.float64)
    is_letter = (height >= LOWEST) & (height <= HIGHEST) & (width >= 2) & (width <= 4 * height)
    is_letter &= area >= 0.2 * width * height
    inked = np.flatnonzero(strokes)  # few: the whole picture as floats would take 16 MB
    total = np.bincount(labels.ravel()[inked], weights=luma.ravel()[inked], minlength=len(stats))[
        1:
    ]
    order = np.flatnonzero(is_letter)[np.argsort(left[is_letter], kind="stable")]
    return _Letters(
        left=left[order],
        right=(left + width)[order],
        bottom=(top + height)[order],
        height=height[order],
        luma=(total / np.maximum(area, 1))[order],
        count=np.maximum(1, np.round(width / np.maximum(0.8 * height, 1))).astype(np.int64)[order],
    )


def _in_lines(letters: _Letters, enough: int) -> int:
    """Letters in runs of SHORTEST_RUN or more; each run goes to the nearest fitting letter."""
    runs = letters.count.copy()
    counted = 0
    for place, own in enumerate(letters.count):
        following = _next(letters, place)
        if following is not None:
            longer = runs[place] + letters.count[following]
            runs[following] = max(runs[following], longer)
        if runs[place] >= SHORTEST_RUN:
            counted += own if runs[place] - own >= SHORTEST_RUN else runs[place]
        if counted >= enough:
            return enough
    return int(counted)


def _next(letters: _Letters, place: int) -> int | None:
    """The letter that follows in a line; None at its end."""
    height, right = letters.height[place], letters.right[place]
    first = int(np.searchsorted(letters.left, right - 1))
    end = int(np.searchsorted(letters.left, right + 1.6 * height, side="right"))
    if first >= end:
        return None
    near = slice(first, end)
    tallest = np.maximum(letters.height[near], height)
    fits = (tallest <= 1.8 * np.minimum(letters.height[near], height)) & (
        letters.left[near] - right <= 0.9 * tallest
    )
    fits &= np.abs(letters.bottom[near] - letters.bottom[place]) <= 0.25 * tallest
    fits &= np.abs(letters.luma[near] - letters.luma[place]) <= 18
    found = np.flatnonzero(fits)
    return first + int(found[0]) if len(found) else None

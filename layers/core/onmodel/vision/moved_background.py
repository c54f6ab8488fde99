"""Tells the background from the figure before it: it moves otherwise than the figure does.

What is found where the background moved to, in another picture of the figure, is background. The
movement is measured when frames are sampled (`background_movement`).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from onmodel.contracts.crops import Crop
from onmodel.vision.laid_pictures import Figure, PictureValues, lay, unlike

LEAST_MOVED = 3.0  # pixels that the figure moved before the background: less tells nothing
PICTURES = 6  # that are compared, the nearest in time: further ones hardly tell more
_SQUARE = np.ones((3, 3), np.uint8)  # all of its pixels are found: a single one is found anywhere
_OUTSIDE = -1e3  # beside the other picture: unlike every value
_UNKNOWN = 255.0

Shift = tuple[float, float]
"""Across and down, in pixels of the film."""


def unlike_background(
    figure: Figure, track: Sequence[Figure], scale: float
) -> PictureValues | None:
    """How unlike each pixel is to where the background moved to, in the nearest other picture.

    Args:
        figure: a crop.
        track: other crops of the same figure.
        scale: pixels of the answer for one of the film.

    Returns:
        `(height, width)` of the scaled picture, 0 to 255, the mean of the colours; 0 is surely
        background or plain. None where the figure did not move before its background, or how the
        background moved is not known.
    """
    picture, box = figure.scaled(scale)
    least: PictureValues | None = None
    for other, shift in _nearest(figure, track):
        theirs = other.scaled(scale)
        across, down = (scale * pixels for pixels in shift)
        laid = lay((picture, box), theirs)
        if np.hypot(laid.across - across, laid.down - down) < LEAST_MOVED:
            continue
        back = np.array([[1, 0, -across], [0, 1, -down]], np.float32)
        moved = cv2.warpAffine(
            theirs[0], back, picture.shape[1::-1],
            borderMode=cv2.BORDER_CONSTANT, borderValue=(_OUTSIDE,) * 3,
        )  # fmt: skip
        found = unlike(picture, np.asarray(moved, np.float32)).mean(axis=2)
        least = found if least is None else np.minimum(least, found)
    if least is None:
        return None
    return np.asarray(cv2.dilate(np.minimum(least, _UNKNOWN), _SQUARE), np.float32)


def _nearest(figure: Figure, track: Sequence[Figure]) -> list[tuple[Figure, Shift]]:
    """The other pictures for which the background's movement is known, the nearest in time."""
    now = figure.crop.timecode_seconds
    others = [
        (other, shift)
        for other in track
        if other.crop.timecode_seconds != now
        and (shift := _background_shift(figure.crop, other.crop)) is not None
    ]
    return sorted(others, key=lambda each: abs(each[0].crop.timecode_seconds - now))[:PICTURES]


def _background_shift(crop: Crop, other: Crop) -> Shift | None:
    """Across and down to add to a place of the background in a crop for that in another one."""
    here, there = crop.background, other.background
    if here is None or there is None or here.since != there.since:
        return None
    return (
        there.across - here.across + crop.window.left - other.window.left,
        there.down - here.down + crop.window.top - other.window.top,
    )

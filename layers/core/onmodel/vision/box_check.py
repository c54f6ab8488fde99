"""Whether a box can hold a figure at all: some models answer boxes of what is not there."""

from __future__ import annotations

import cv2
import numpy as np

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.vision.geometry import intersection

WHOLE_PICTURE = 0.97
"""Share of the picture area from which a box says that there is something, and not where."""

MEASURED_SIDE = 64
"""Pixels to which a box is shrunk before it is measured: grain and noise vanish."""

TILES = 8
"""In each direction."""

BLUR = 1.5
"""Pixels of the shrunk box, standard deviation. An edge reaches no further than one tile."""

DETAIL = 4.0
"""Levels of 255 by which a pixel differs from its blurred surroundings where there is detail."""

LEAST_DETAILED = 0.3
"""Share of the tiles that have detail. Fewer: sky, a wall, fog, one straight edge.

The true boxes of drawn films have 0.65 and more, the figures of Big Buck Bunny 0.70 and more; of
boxes at random places of that film a tenth is refused.
"""


def why_no_figure(pixels: Pixels, box: Box, picture: Box) -> str:
    """Why a box holds no figure, as a noun phrase with the measured value; '' when it may hold one.

    Args:
        pixels: the frame, `(height, width, 3)` uint8, BGR.
        box: inside the picture.
        picture: the part of the frame inside its bars.
    """
    inside = intersection(box, picture)
    if inside is None:
        return "outside the picture"
    if inside.area >= WHOLE_PICTURE * picture.area:
        return f"the whole picture ({inside.area / picture.area:.0%} of it)"
    detailed = detailed_share(pixels[inside.top : inside.bottom, inside.left : inside.right])
    if detailed < LEAST_DETAILED:
        return f"without detail (in {detailed:.0%} of its tiles, least {LEAST_DETAILED:.0%})"
    return ""


def detailed_share(pixels: Pixels) -> float:
    """Share of a picture's tiles with edges or texture in any colour channel, 0 to 1.

    A gradient has none: each pixel is compared with the blurred picture, not with the mean.
    """
    side = (MEASURED_SIDE, MEASURED_SIDE)
    small = cv2.resize(pixels, side, interpolation=cv2.INTER_AREA).astype(np.float32)
    away = np.abs(small - cv2.GaussianBlur(small, (0, 0), BLUR)).max(axis=2)
    tile = MEASURED_SIDE // TILES
    strongest = away.reshape(TILES, tile, TILES, tile).max(axis=(1, 3))
    return float(np.count_nonzero(strongest >= DETAIL) / strongest.size)

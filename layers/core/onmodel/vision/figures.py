"""The figure of a crop without the room around it."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.vision.geometry import intersection


def figure_alone(picture: bytes, window: Box, box: Box) -> Pixels:
    """What of a crop's picture lies inside the figure's box.

    A crop has room around its figure, where a neighbour's face may be the larger one.

    Args:
        picture: the crop's file.
        window: what it shows of the frame, in the film's pixels.
        box: the figure, likewise.

    Returns:
        `(height, width, 3)` uint8, BGR, in the resolution of the picture.

    Raises:
        ValueError: it is not a picture.
    """
    decoded = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("the file of a crop is not a picture")
    pixels = cast(Pixels, decoded)
    inside = intersection(box, window) or window
    across, down = pixels.shape[1] / window.width, pixels.shape[0] / window.height
    left, top = int((inside.left - window.left) * across), int((inside.top - window.top) * down)
    right = max(left + 1, round((inside.right - window.left) * across))
    bottom = max(top + 1, round((inside.bottom - window.top) * down))
    return pixels[top:bottom, left:right]

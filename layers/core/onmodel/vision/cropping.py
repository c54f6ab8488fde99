"""Cuts a window out of a frame and scales it to a training picture."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.contracts.sampling_settings import SHORTEST_CROP_SIDE, CropSettings
from onmodel.vision.geometry import FrameSize


def crop_size(window: Box, crop: CropSettings) -> FrameSize:
    """Width and height of the training picture of a window, in pixels.

    The longest side is `crop.side`, or less where that would enlarge the film's pixels by more than
    `crop.max_enlargement`; the other is in proportion, and at least 512. At the widest aspect,
    rounding to whole pixels would give one or two fewer; the picture is stretched by these.
    """
    scale = crop.side / max(window.width, window.height)
    least = SHORTEST_CROP_SIDE / min(window.width, window.height)
    scale = max(min(scale, crop.max_enlargement), min(scale, least))
    width = max(SHORTEST_CROP_SIDE, round(window.width * scale))
    height = max(SHORTEST_CROP_SIDE, round(window.height * scale))
    return width, height


def enlargement(window: Box, crop: CropSettings) -> float:
    """How many times larger than its source the training picture is; below 1 it was shrunk."""
    return crop_size(window, crop)[0] / window.width


def cut_crop(pixels: Pixels, window: Box, crop: CropSettings) -> Pixels:
    """The training picture of a window.

    Args:
        pixels: the frame, `(height, width, 3)` uint8, BGR.
        window: what to cut, wholly inside the frame.
        crop: longest side of the result.

    Returns:
        `(height, width, 3)` uint8, BGR, contiguous, of `crop_size`; never a view of the frame.

    Raises:
        ValueError: the window reaches out of the frame.
    """
    height, width = pixels.shape[:2]
    if window.right > width or window.bottom > height:
        raise ValueError(f"window {window} reaches out of a frame of {width} x {height}")
    cut = pixels[window.top : window.bottom, window.left : window.right]
    return resize(cut, crop_size(window, crop))


def resize(pixels: Pixels, size: FrameSize) -> Pixels:
    """Scale to width and height: by area when shrinking, cubic when enlarging.

    INTER_AREA averages all source pixels, which prevents aliasing. Cubic, because Lanczos causes
    ringing along the hard outlines of drawn figures.
    """
    if (pixels.shape[1], pixels.shape[0]) == size:
        return np.ascontiguousarray(pixels).copy()
    shrinks = size[0] <= pixels.shape[1] and size[1] <= pixels.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cast(Pixels, cv2.resize(pixels, size, interpolation=method))


def fit_within(pixels: Pixels, longest_side: int) -> Pixels:
    """Shrink until the longest side fits; a picture that fits comes back as it is."""
    height, width = pixels.shape[:2]
    scale = longest_side / max(width, height)
    if scale >= 1:
        return pixels
    return resize(pixels, (max(1, round(width * scale)), max(1, round(height * scale))))

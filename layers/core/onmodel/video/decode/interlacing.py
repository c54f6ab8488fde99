"""Deinterlacing: an interlaced picture holds two fields of two moments, line by line."""

from __future__ import annotations

import cv2
import numpy as np

from onmodel.contracts.arrays import Pixels

COMB_THRESHOLD = 10  # of 255: a smaller difference from both neighbouring lines is noise


def deinterlaced(pixels: Pixels) -> Pixels:
    """Interpolate the second field where something moved between the fields; keep it elsewhere.

    A pixel of the second field is combed when it is brighter than both its neighbours in the first
    field, or darker than both: the usual test of field-matching filters.

    Args:
        pixels: (height, width, 3) uint8, BGR.
    """
    lines = pixels[: pixels.shape[0] // 2 * 2].astype(np.int16)
    above, second = lines[0::2], lines[1::2]
    below = np.concatenate([above[1:], above[-1:]])
    middle = (above + below + 1) >> 1
    over, under = second - above, second - below
    differs = np.minimum(np.abs(over), np.abs(under)) > COMB_THRESHOLD
    either = (over * under > 0) & differs
    combed = either[..., 0] | either[..., 1] | either[..., 2]  # 15 times as fast as any(axis=2)
    near = cv2.dilate(combed.astype(np.uint8), np.ones((3, 5), np.uint8)) > 0
    result = pixels.copy()
    result[1 : lines.shape[0] : 2] = np.where(near[..., None], middle, second).astype(np.uint8)
    return result

"""Interlaced pictures: two moments woven into one."""

from __future__ import annotations

import cv2
import numpy as np

from onmodel.contracts.arrays import Pixels

COMBED = 10  # of 255: lines of two moments differ from both neighbours by more than noise


def without_combs(pixels: Pixels) -> Pixels:
    """Replace the second field where the two fields differ, keep both where nothing moved.

    A pixel of the second field is combed when it lies above or below both its neighbours in
    the first field; the classic test of field-matching filters. Still parts keep all lines.

    Args:
        pixels: (height, width, 3) uint8, BGR.
    """
    lines = pixels[: pixels.shape[0] // 2 * 2].astype(np.int16)
    above, woven = lines[0::2], lines[1::2]
    below = np.concatenate([above[1:], above[-1:]])
    middle = (above + below + 1) >> 1
    over, under = woven - above, woven - below
    combed = ((over * under > 0) & (np.minimum(np.abs(over), np.abs(under)) > COMBED)).any(axis=2)
    near = cv2.dilate(combed.astype(np.uint8), np.ones((3, 5), np.uint8)) > 0
    result = pixels.copy()
    result[1 : lines.shape[0] : 2] = np.where(near[..., None], middle, woven).astype(np.uint8)
    return result

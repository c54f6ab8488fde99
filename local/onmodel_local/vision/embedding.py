"""A picture's vector from its pixels: colours, their places, edges, layout. No weights.

Neighbours in a shot of Big Buck Bunny have a cosine of 0.987 (median), other pictures 0.50. With
three references each, 71 % of crops with boxes drawn by hand are named, 96 % of these correctly.
Colour has the most effect. These numbers are this stand-in's, not Titan's.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from onmodel_local.vision.grid import GridPixels

Features = npt.NDArray[np.float64]

SIDE = 96
LENGTHS = (1024, 384, 256)
_COLOURS, _BANDS, _EDGES, _LAYOUT = 512, 192, 216, 96  # numbers of each part; 1,016 in all

# weights of the parts, chosen for the best separation of neighbours in a shot from other shots
WEIGHTS = {"colours": 0.80, "bands": 0.10, "edges": 0.35, "layout": 0.35}

_rows, _columns = np.mgrid[0:SIDE, 0:SIDE]
_radius = ((_columns - (SIDE - 1) / 2) / (SIDE / 2)) ** 2 + (
    (_rows - (SIDE - 1) / 2) / (SIDE / 2)
) ** 2
_CENTRED = np.exp(-_radius * 2.2)  # the figure is in the middle of its crop
_CELLS = (_rows // 16 * 6 + _columns // 16) * 6  # 6 × 6 cells of 6 directions


def embed(picture: GridPixels, length: int = 1024) -> npt.NDArray[np.float32]:
    """A unit vector of 1,024 numbers, or of any other length.

    The others are a fixed random projection of that one, which keeps cosines roughly.
    """
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8)
    parts = (
        WEIGHTS["colours"] * _colours(small),
        WEIGHTS["bands"] * _bands(small),
        WEIGHTS["edges"] * _edges(small),
        WEIGHTS["layout"] * _layout(small),
        np.zeros(LENGTHS[0] - _COLOURS - _BANDS - _EDGES - _LAYOUT),
    )
    vector = np.concatenate(parts)
    if length != LENGTHS[0]:
        vector = vector @ _projection(length)
    return _unit(vector).astype(np.float32)


def _projection(length: int) -> Features:
    return np.random.default_rng(length).standard_normal((LENGTHS[0], length))


def _unit(values: Features) -> Features:
    return values / (np.linalg.norm(values) + 1e-9)


def _shared(values: Features, bins: int) -> tuple[npt.NDArray[np.int64], Features]:
    """The lower of the two nearest bins, and the upper one's share."""
    place = np.clip(values, 0, 0.99999) * (bins - 1)
    lower = place.astype(np.int64)
    return lower, place - lower


def _lab(small: GridPixels) -> npt.NDArray[np.float32]:
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    return np.asarray(lab, dtype=np.float32)


def _colours(small: GridPixels) -> Features:
    """8 × 8 × 8 Lab histogram, shared between neighbours, weighted to the middle, square-rooted."""
    lab = _lab(small)
    axes = [_shared(lab[..., 0].astype(np.float64) / 100, 8)]
    for channel in (1, 2):
        strength = np.clip(np.abs(lab[..., channel] / 60), 0, 1) ** 0.6  # finer near grey
        axes.append(_shared((np.sign(lab[..., channel]) * strength + 1) / 2, 8))
    histogram = np.zeros(_COLOURS)
    for corner in range(8):
        index, weight = np.zeros((SIDE, SIDE), np.int64), _CENTRED
        for axis, (lower, share) in enumerate(axes):
            up = corner >> axis & 1
            index = index * 8 + np.minimum(lower + up, 7)
            weight = weight * (share if up else 1 - share)
        histogram += np.bincount(index.ravel(), weight.ravel(), _COLOURS)
    return _unit(np.sqrt(histogram))


def _bands(small: GridPixels) -> Features:
    """Upper and lower half: 12 hues × 2 saturations × 4 values."""
    hsv = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
    ranges = [0, 180, 0, 256, 0, 256]
    halves = [
        cv2.calcHist([hsv[top : top + SIDE // 2]], [0, 1, 2], None, [12, 2, 4], ranges)
        for top in (0, SIDE // 2)
    ]
    return _unit(np.sqrt(np.concatenate([half.ravel() for half in halves]).astype(np.float64)))


def _edges(small: GridPixels) -> Features:
    """Strength of 6 unsigned directions in 6 × 6 cells, square-rooted."""
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    gray = cv2.GaussianBlur(gray, (3, 3), 0).astype(np.float32)
    across, down = cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)
    direction = ((np.arctan2(down, across) % np.pi) / np.pi * 5.9999).astype(np.int64)
    strength = np.hypot(across, down)
    cells = np.bincount((_CELLS + direction).ravel(), strength.ravel(), _EDGES)
    return _unit(np.sqrt(cells))


def _layout(small: GridPixels) -> Features:
    """Low terms of the cosine transform of lightness (6 × 6) and both colour axes (5 × 5)."""
    lab = _lab(cv2.resize(small, (32, 32), interpolation=cv2.INTER_AREA).astype(np.uint8))
    found = []
    for channel, terms in ((0, 6), (1, 5), (2, 5)):
        spectrum = cv2.dct(np.ascontiguousarray(lab[..., channel]))
        spectrum[0, 0] *= 0.3  # the lightness and tint of the whole picture have little effect
        found.append(spectrum[:terms, :terms].ravel())
    values = np.concatenate(found).astype(np.float64)
    return _unit(np.concatenate([values, np.zeros(_LAYOUT - len(values))]))

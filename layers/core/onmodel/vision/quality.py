"""The quality of a crop as a training picture, in one number: the best of a group is kept."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.vision.cropping import fit_within
from onmodel.vision.geometry import intersection

MEASURED_SIDE = 512  # crops of all sizes are compared at one scale
GOOD_SHARPNESS = 150.0  # Laplacian variance at that scale that counts half; flat drawings reach it
BLACK, WHITE = 16, 239  # video's nominal black and white, as full-range luma
FULL_SHARE = 0.4  # share of the window; a figure padded by 0.15 on each side covers about 0.6 of it

WEIGHTS = {
    "sharpness": 0.40,
    "resolution": 0.25,
    "exposure": 0.15,
    "share": 0.10,
    "confidence": 0.10,
}


@dataclass(frozen=True)
class CropMeasures:
    """What is measured from the pixels of a crop's figure.

    `sharpness` is the variance of the Laplacian of its luma, with the whole crop at 512 pixels on
    the longest side; `exposed` the share of its pixels, 0 to 1, that are clipped neither to black
    nor to white.
    """

    sharpness: float
    exposed: float


def measure_crop(pixels: Pixels, figure: Box, window: Box) -> CropMeasures:
    """Measure the figure in a cut crop: what is sharp behind a blurred figure does not count.

    Args:
        pixels: the crop, `(height, width, 3)` uint8, BGR.
        figure: the figure's box, in the film's pixels.
        window: what was cut, in the film's pixels.
    """
    luma = cv2.cvtColor(fit_within(pixels, MEASURED_SIDE), cv2.COLOR_BGR2GRAY)
    inside = intersection(figure, window) or window
    down, across = luma.shape[0] / window.height, luma.shape[1] / window.width
    top, left = int((inside.top - window.top) * down), int((inside.left - window.left) * across)
    bottom = max(top + 1, round((inside.bottom - window.top) * down))
    right = max(left + 1, round((inside.right - window.left) * across))
    part = luma[top:bottom, left:right]
    sharpness = float(cv2.Laplacian(luma, cv2.CV_32F)[top:bottom, left:right].var())
    exposed = float(np.count_nonzero((part >= BLACK) & (part <= WHITE)) / part.size)
    return CropMeasures(sharpness, exposed)


def crop_quality(
    measures: CropMeasures, *, enlargement: float, figure_share: float, confidence: float
) -> float:
    """A crop's quality, 0 (useless) to 1 (perfect).

    A weighted sum, so that each part counts whatever the others are:

        0.40 · s / (s + 150)          sharpness s; models draw as blurred as their pictures
      + 0.25 · min(1, 1 / e)          enlargement e: interpolated pixels hold no detail
      + 0.15 · exposed                share of pixels clipped neither to black nor to white
      + 0.10 · min(1, share / 0.4)    how much of the window the figure fills
      + 0.10 · confidence / 100       the finder's

    Weights and constants are estimates, not measured. Only the order of two crops' qualities
    decides what is kept. The quality never falls when a part rises.

    Args:
        measures: of the cut crop.
        enlargement: longest side of the crop by that of its window in the film; above 1 it was
            enlarged.
        figure_share: area of the figure by that of the window, 0 to 1.
        confidence: the finder's, 0 to 100.
    """
    parts = {
        "sharpness": measures.sharpness / (measures.sharpness + GOOD_SHARPNESS),
        "resolution": min(1.0, 1 / enlargement),
        "exposure": measures.exposed,
        "share": min(1.0, figure_share / FULL_SHARE),
        "confidence": confidence / 100,
    }
    quality = sum(WEIGHTS[name] * part for name, part in parts.items())
    return min(1.0, max(0.0, quality))

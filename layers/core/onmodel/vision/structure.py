"""Compares the shapes of two pictures by their gradients.

SSIM does not serve: two drawn pictures with much plain background reach 0.9 of it whatever stands
before the background. Gradients are zero there, so only lines count.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.judging import Structure

SIDE = 96
"""Pixels of a side at which pictures are compared: shapes are seen, fine lines are not."""

SHIFT = 8
"""Pixels by which one picture may be moved over the other."""

BLUR = 1.5  # sigma; lines that lie a pixel apart still overlap

Gradients = npt.NDArray[np.float32]
"""(2, SIDE, SIDE): to the right, and down."""


def compare_structure(picture: Pixels, training: Pixels) -> Structure:
    """The normalised correlation of two pictures' gradients, at the best shift.

    Source of the measure: Lewis, "Fast Normalized Cross-Correlation", 1995, applied to gradients.

    Args:
        picture: `(height, width, 3)` uint8, BGR, of any size.
        training: likewise.
    """
    ours = _gradients(_grey(picture))
    theirs = _grey(training)
    return Structure(
        same_way=_correlation(ours, _gradients(theirs)),
        mirrored=_correlation(ours, _gradients(np.ascontiguousarray(theirs[:, ::-1]))),
    )


def _grey(pixels: Pixels) -> npt.NDArray[np.float32]:
    """The middle square, small: crops have their figure there."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = pixels[top : top + side, left : left + side]
    small = cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), BLUR), np.float32)


def _gradients(grey: npt.NDArray[np.float32]) -> Gradients:
    return np.stack([cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)])


def _correlation(ours: Gradients, theirs: Gradients) -> float:
    """The best of all shifts of the inner part of one over the other; 0 for a plain picture."""
    inner = np.ascontiguousarray(theirs[:, SHIFT:-SHIFT, SHIFT:-SHIFT])
    product = sum(
        cv2.matchTemplate(mine, part, cv2.TM_CCORR) for mine, part in zip(ours, inner, strict=True)
    )
    size = inner.shape[1]
    squared = cv2.integral((ours**2).sum(axis=0))
    energy = (
        squared[size:, size:] - squared[:-size, size:] - squared[size:, :-size]
        + squared[:-size, :-size]
    )  # fmt: skip
    length = np.sqrt(np.maximum(energy, 0) * float((inner**2).sum()))
    correlation = np.where(length > 1e-3, product / np.maximum(length, 1e-3), 0)
    return min(1.0, max(-1.0, float(correlation.max())))

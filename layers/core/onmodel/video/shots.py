"""Where one shot ends and the next begins."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onmodel.video.frames import Luma

Plane = npt.NDArray[np.uint8]

GRID = (4, 6)  # rows, columns of colour means: coarse, so that motion inside a shot moves little
BINS = 16
CUT_DISTANCE = 0.22  # measured in docs/sampling.md: above what motion reaches, below most cuts


def signature_of(luma: Luma, blue_difference: Plane, red_difference: Plane) -> tuple[float, ...]:
    """A picture in 88 numbers of 0 to 1: grid means of Y, Cb, Cr, then a histogram of luma.

    The planes may be subsampled by any factor.
    """
    parts: list[float] = []
    for plane in (luma, blue_difference, red_difference):
        rows = np.add.reduceat(plane.astype(np.float32), _edges(plane.shape[0], GRID[0]), axis=0)
        cells = np.add.reduceat(rows, _edges(plane.shape[1], GRID[1]), axis=1)
        parts.extend((cells.ravel() / (255.0 * plane.size / (GRID[0] * GRID[1]))).tolist())
    counts = np.bincount((luma >> 4).ravel(), minlength=BINS)
    parts.extend((counts / luma.size).tolist())
    return tuple(parts)


def distance(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """How unlike two pictures are, 0 to about 1: colour layout and luma histogram together."""
    difference = np.abs(np.asarray(first) - np.asarray(second))
    cells = GRID[0] * GRID[1]
    luma, chroma = difference[:cells].mean(), difference[cells : 3 * cells].mean()
    histogram = difference[3 * cells :].sum() / 2
    return float(luma + 2 * chroma + 0.5 * histogram)


def is_cut(signature_a: tuple[float, ...], signature_b: tuple[float, ...]) -> bool:
    """Whether a cut lies between two pictures that follow each other in a film."""
    return distance(signature_a, signature_b) > CUT_DISTANCE


def _edges(length: int, parts: int) -> list[int]:
    return [length * part // parts for part in range(parts)]

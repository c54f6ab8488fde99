"""Where one shot ends and the next begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from onmodel.video.looks import GRID_COLUMNS, GRID_ROWS, HISTOGRAM_BINS

CUT_DISTANCE = 0.20  # see docs/sampling.md: above what motion reaches, below most cuts
_CELLS = GRID_ROWS * GRID_COLUMNS
_WEIGHTS = np.concatenate(
    [
        np.full(_CELLS, 1 / _CELLS),  # mean difference of luma
        np.full(2 * _CELLS, 2 / (2 * _CELLS)),  # twice that of colour, which light leaves alone
        np.full(HISTOGRAM_BINS, 1 / 4),  # half the share of points that change their bin
    ]
).astype(np.float32)

Signature = Sequence[float] | npt.NDArray[np.float32]
"""88 numbers of 0 to 1: means of Y, Cb and Cr on a 4 × 6 grid, then 16 bins of luma."""


def distance(first: Signature, second: Signature) -> float:
    """How unlike two pictures are, 0 to about 1: colour layout and luma histogram together.

    Motion changes the layout and leaves the histogram, light changes the histogram and leaves
    the colour; a cut changes all of them.
    """
    difference = np.abs(np.asarray(first, np.float32) - np.asarray(second, np.float32))
    return float(difference @ _WEIGHTS)


def is_cut(signature_a: Signature, signature_b: Signature) -> bool:
    """Whether a cut lies between two pictures that follow each other in a film.

    An empty signature (of a span without frames) is no cut.
    """
    if not len(signature_a) or not len(signature_b):
        return False
    return distance(signature_a, signature_b) > CUT_DISTANCE

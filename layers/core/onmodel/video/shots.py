"""Where one shot ends and the next begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from onmodel.video.looks import GRID_COLUMNS, GRID_ROWS

CUT_DISTANCE = 0.076  # best F1 against PySceneDetect on Big Buck Bunny, see docs/sampling.md
_CELLS = GRID_ROWS * GRID_COLUMNS
_MEAN = np.full(3 * _CELLS, 1 / (3 * _CELLS), np.float32)  # products beat .mean() on short rows
_MEAN_LUMA = np.full(_CELLS, 1 / _CELLS, np.float32)
_BLACK = 16 / 255
_DIMMEST, _BRIGHTEST = 0.4, 2.5  # what a fade changes from look to look; more is a cut
_LAYOUT_WEIGHT = 0.02  # of an uncorrelated layout of luma: a nudge where colours are alike

Signature = Sequence[float] | npt.NDArray[np.float32]
"""72 numbers of 0 to 1: means of Y, Cb and Cr on a 4 × 6 grid of the picture."""


def distance(first: Signature, second: Signature) -> float:
    """How unlike two pictures are beside their brightness; 0 to about 0.5.

    The mean difference of the grids that is left when the one is brightened or dimmed to fit the
    other: so fades and flickering light do not cut. Coarse cells let motion pass.
    """
    one, other = _centred(first), _centred(second)
    product = float(one @ other)
    left = min(_residue(one, other, product), _residue(other, one, product))
    return left + _LAYOUT_WEIGHT * (1 - _correlation(one[:_CELLS], other[:_CELLS]))


def is_cut(signature_a: Signature, signature_b: Signature) -> bool:
    """Whether a cut lies between two pictures that follow each other in a film.

    An empty signature (of a span without frames) is no cut.
    """
    if not len(signature_a) or not len(signature_b):
        return False
    return distance(signature_a, signature_b) > CUT_DISTANCE


def _centred(signature: Signature) -> npt.NDArray[np.float32]:
    """With 0 for black and for grey, colour counted twice."""
    values = np.array(signature, np.float32)
    values[:_CELLS] -= _BLACK
    values[_CELLS:] = (values[_CELLS:] - np.float32(0.5)) * 2
    return values


def _residue(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32], product: float) -> float:
    gain = product / max(float(one @ one), 1e-9)
    gain = min(max(gain, _DIMMEST), _BRIGHTEST)
    return float(np.abs(other - np.float32(gain) * one) @ _MEAN)


def _correlation(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    one, other = one - one @ _MEAN_LUMA, other - other @ _MEAN_LUMA
    return float(one @ other) / max(float(np.sqrt((one @ one) * (other @ other))), 1e-9)

"""The signature of a picture: grid means and colour quantiles; and the distance of two."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Signature = npt.NDArray[np.float32]
"""(SIGNATURE_SIZE,), 0 to 1: means of Y, Cb and Cr on a grid, then quantiles of each."""

GRID_ROWS, GRID_COLUMNS = 4, 6  # coarse: a figure that moves changes few cells
QUANTILES = 16  # of all points of a plane: they stay nearly the same when the camera moves
CELLS = GRID_ROWS * GRID_COLUMNS
SIGNATURE_SIZE = 3 * (CELLS + QUANTILES)

_MEAN_LUMA = np.full(
    CELLS, 1 / CELLS, np.float32
)  # a product is faster than .mean() on short arrays
_STEPS = (np.arange(QUANTILES) + 0.5) / QUANTILES
_BLACK = 16 / 255
_DIMMEST, _BRIGHTEST = 0.4, 2.5  # gain of a fade between two samples; a larger change is a cut
_LAYOUT_WEIGHT = 0.02  # added for uncorrelated layouts of luma; decides where colours are alike
_CLOSER = 0.055  # at smaller distances no camera movement is searched for
_MOVE = 0.01  # a shifted grid must be closer by this much to be used,
_OVERLAP = 0.03  # plus this times the share of columns that no longer overlap
_BLANK = 6 / 255  # between the darkest and the brightest cell: black, white or evenly grey


def quantiles(points: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(planes, QUANTILES) of the points of one plane or of several merged ones."""
    planes = points.shape[2] if points.ndim > 2 else 1
    ranked = points.reshape(-1, planes).T.copy()
    ranked.sort(kind="stable")  # for bytes NumPy then uses a counting sort
    return ranked[:, (_STEPS * ranked.shape[1]).astype(np.intp)].astype(np.float32)


def is_blank(signature: Signature) -> bool:
    """Whether a picture is all black, all white or all of one grey."""
    luma = signature[:CELLS]
    return float(luma.max() - luma.min()) < _BLANK


def distance(first: Signature, second: Signature) -> float:
    """The distance of two pictures, 0 to about 0.5.

    It is the geometric mean of two distances, because either alone gives false cuts. The distance
    of colours is that of the quantiles (the earth mover's distance), which does not depend on where
    things are. The distance of layouts is the difference of the grids, after one of them is
    brightened or dimmed to fit the other (so fades and flicker do not count) and shifted sideways
    (so pans do not count).
    """
    colours = float(np.abs(first[3 * CELLS :] - second[3 * CELLS :]).sum()) / QUANTILES
    one, other = _centred(first), _centred(second)
    layouts = _difference(one, other)
    layouts += _LAYOUT_WEIGHT * (1 - _cosine(_levelled(one)[:CELLS], _levelled(other)[:CELLS]))
    if colours * layouts > _CLOSER**2:
        layouts = min(layouts, _shifted_difference(_centred(first), _centred(second)))
    return float(np.sqrt(colours * max(layouts, 0.0)))


def is_certainly_within(first: Signature, second: Signature, limit: float) -> bool:
    """Whether an upper bound of `distance`, at a tenth of its cost, is at most `limit`.

    False does not mean that the distance is larger. Brightening fits one grid to the other by
    least squares, so the remaining difference is below the root mean square of their difference.
    The correlation of layouts is -1 at least.
    """
    change = second - first
    colours = float(np.abs(change[3 * CELLS :]).sum()) / QUANTILES
    grid = change[: 3 * CELLS]
    grid[CELLS:] *= 2  # as in _centred
    layouts = math.sqrt(float(grid @ grid) / len(grid)) + 2 * _LAYOUT_WEIGHT
    return colours * layouts <= limit**2


def correlation(first: Signature, second: Signature) -> float:
    """Correlation of two grids, -1 to 1; it does not depend on their brightness."""
    return _cosine(*(_levelled(_centred(each)) for each in (first, second)))


def _centred(signature: Signature) -> Signature:
    """The grid with 0 for black luma and for grey chroma; chroma is doubled."""
    values = signature[: 3 * CELLS].copy()
    values[:CELLS] -= _BLACK
    values[CELLS:] = (values[CELLS:] - np.float32(0.5)) * 2
    return values


def _shifted_difference(one: Signature, other: Signature) -> float:
    """The least difference when one grid is shifted sideways by up to half a picture."""
    grids: list[Any] = [grid.reshape(3, GRID_ROWS, GRID_COLUMNS) for grid in (one, other)]
    least = np.inf
    for still, moving in (grids, grids[::-1]):
        between = (moving[..., 1:] + moving[..., :-1]) / 2  # shifted by half a column
        for shifted in (moving[..., 1:], moving[..., 2:], moving[..., 3:],
                      between, between[..., 1:], between[..., 2:]):  # fmt: skip
            shared = shifted.shape[-1]
            left = _difference(still[..., :shared].ravel(), shifted.ravel())
            least = min(least, left + _OVERLAP * (1 - shared / GRID_COLUMNS))
    return float(least + _MOVE)


def _difference(one: Signature, other: Signature) -> float:
    """The mean difference that remains when one grid is brightened to fit the other."""
    product = float(one @ other)
    return min(_residue(one, other, product), _residue(other, one, product))


def _residue(one: Signature, other: Signature, product: float) -> float:
    gain = product / max(float(one @ one), 1e-9)
    gain = min(max(gain, _DIMMEST), _BRIGHTEST)
    return float(np.abs(other - np.float32(gain) * one).sum()) / len(one)


def _levelled(grid: Signature) -> Signature:
    """Subtract the mean luma of a centred grid, in place."""
    grid[:CELLS] -= grid[:CELLS] @ _MEAN_LUMA
    return grid


def _cosine(one: Signature, other: Signature) -> float:
    return float(one @ other) / max(float(np.sqrt((one @ one) * (other @ other))), 1e-9)

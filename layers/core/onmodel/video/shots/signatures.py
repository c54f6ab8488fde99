"""A small description of a picture, and how unlike two pictures are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Signature = npt.NDArray[np.float32]
"""(SIGNATURE_SIZE,) of 0 to 1: means of Y, Cb and Cr on a grid, then quantiles of each."""

GRID_ROWS, GRID_COLUMNS = 4, 6  # coarse cells let figures walk
QUANTILES = 16  # which colours there are, wherever they are: they stay when the camera moves
CELLS = GRID_ROWS * GRID_COLUMNS
SIGNATURE_SIZE = 3 * (CELLS + QUANTILES)

_MEAN_LUMA = np.full(CELLS, 1 / CELLS, np.float32)  # a product beats .mean() on short rows
_STEPS = (np.arange(QUANTILES) + 0.5) / QUANTILES
_BLACK = 16 / 255
_DIMMEST, _BRIGHTEST = 0.4, 2.5  # what a fade changes from look to look; more is a cut
_LAYOUT_WEIGHT = 0.02  # of an uncorrelated layout of luma: a nudge where colours are alike
_CLOSER = 0.055  # pictures nearer than this are alike: no camera's move is looked for
_MOVE = 0.01  # what a move must win to be believed,
_OVERLAP = 0.03  # and as much more as the pictures would no longer share
_NOTHING = 6 / 255  # between a picture's darkest and brightest cell: black, white, or fog


def quantiles(points: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(planes, QUANTILES) of one plane's points, or of merged ones': each stands for as many."""
    planes = points.shape[2] if points.ndim > 2 else 1
    ranked = points.reshape(-1, planes).T.copy()
    ranked.sort(kind="stable")  # bytes are then counted, not compared
    return ranked[:, (_STEPS * ranked.shape[1]).astype(np.intp)].astype(np.float32)


def shows_nothing(signature: Signature) -> bool:
    """Whether a picture is all black, all white or all of one grey."""
    luma = signature[:CELLS]
    return float(luma.max() - luma.min()) < _NOTHING


def distance(first: Signature, second: Signature) -> float:
    """How unlike two pictures are; 0 to about 0.5.

    The geometric mean of two distances, because either alone is deceived. What there is: how far
    the colours would have to be moved to make one picture's into the other's, which the places of
    things do not change. Where it is: the grids' difference that is left when the one is
    brightened or dimmed to fit the other, so that fades and flicker do not count, and moved
    sideways, so that a camera that pans does not.
    """
    colours = float(np.abs(first[3 * CELLS :] - second[3 * CELLS :]).sum()) / QUANTILES
    one, other = _centred(first), _centred(second)
    layouts = _difference(one, other)
    layouts += _LAYOUT_WEIGHT * (1 - _cosine(_levelled(one)[:CELLS], _levelled(other)[:CELLS]))
    if colours * layouts > _CLOSER**2:
        layouts = min(layouts, _moved_difference(_centred(first), _centred(second)))
    return float(np.sqrt(colours * max(layouts, 0.0)))


def surely_within(first: Signature, second: Signature, limit: float) -> bool:
    """Whether `distance` is `limit` at most, where a tenth of its work is enough to be sure.

    Brightening fits the one grid to the other by least squares, so what it leaves is less than
    the root mean square of their difference, and no layouts are more unlike than opposite ones.
    """
    change = second - first
    colours = float(np.abs(change[3 * CELLS :]).sum()) / QUANTILES
    grid = change[: 3 * CELLS]
    grid[CELLS:] *= 2  # as when centred
    layouts = math.sqrt(float(grid @ grid) / len(grid)) + 2 * _LAYOUT_WEIGHT
    return colours * layouts <= limit**2


def correlation(first: Signature, second: Signature) -> float:
    """-1 to 1: whether two grids have the same layout, however dim either is."""
    return _cosine(*(_levelled(_centred(each)) for each in (first, second)))


def _centred(signature: Signature) -> Signature:
    """The grid with 0 for black and for grey, colour counted twice."""
    values = signature[: 3 * CELLS].copy()
    values[:CELLS] -= _BLACK
    values[CELLS:] = (values[CELLS:] - np.float32(0.5)) * 2
    return values


def _moved_difference(one: Signature, other: Signature) -> float:
    """The least difference when the camera moved sideways, by up to half a picture."""
    grids: list[Any] = [grid.reshape(3, GRID_ROWS, GRID_COLUMNS) for grid in (one, other)]
    least = np.inf
    for still, moving in (grids, grids[::-1]):
        between = (moving[..., 1:] + moving[..., :-1]) / 2  # half a column on
        for moved in (moving[..., 1:], moving[..., 2:], moving[..., 3:],
                      between, between[..., 1:], between[..., 2:]):  # fmt: skip
            shared = moved.shape[-1]
            left = _difference(still[..., :shared].ravel(), moved.ravel())
            least = min(least, left + _OVERLAP * (1 - shared / GRID_COLUMNS))
    return float(least + _MOVE)


def _difference(one: Signature, other: Signature) -> float:
    """What is left of the mean difference when the one is brightened to fit the other."""
    product = float(one @ other)
    return min(_residue(one, other, product), _residue(other, one, product))


def _residue(one: Signature, other: Signature, product: float) -> float:
    gain = product / max(float(one @ one), 1e-9)
    gain = min(max(gain, _DIMMEST), _BRIGHTEST)
    return float(np.abs(other - np.float32(gain) * one).sum()) / len(one)


def _levelled(grid: Signature) -> Signature:
    """A centred grid without its mean luma; in place."""
    grid[:CELLS] -= grid[:CELLS] @ _MEAN_LUMA
    return grid


def _cosine(one: Signature, other: Signature) -> float:
    return float(one @ other) / max(float(np.sqrt((one @ one) * (other @ other))), 1e-9)

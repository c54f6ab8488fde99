"""Finds what differs from its surroundings: colour, barrier distance to the border, texture."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from onmodel_local.vision.grid import HEIGHT, WIDTH, GridPixels, Map, normalised

_rows, _columns = np.mgrid[0:HEIGHT, 0:WIDTH]
# figures are mostly in the middle and a little below it
CENTRE: Map = np.exp(
    -(
        ((_columns - WIDTH / 2) / (WIDTH * 0.35)) ** 2
        + ((_rows - HEIGHT * 0.58) / (HEIGHT * 0.45)) ** 2
    )
).astype(np.float32)

_BORDER = 8  # pixels of the grid taken as background; not the bottom, where figures stand
_BORDER_COLOURS = 5
_COMMON_SHARE = 0.08  # a rarer border colour may belong to a figure that is cut by the edge
_RARE_PENALTY = 25.0  # Lab distance added to such a colour
_FAR_COLOUR = 60.0  # Lab distance beyond which colours are simply different


class Saliency(NamedTuple):
    """Maps of 0 to 1: `salient` joins the others."""

    salient: Map
    tame: Map
    border: Map
    barrier: Map
    smooth: Map


def measure_saliency(small: GridPixels) -> Saliency:
    """All maps of a grid-sized picture."""
    border = _border_contrast(small)
    barrier = _barrier_distance(small)
    tame = _tameness(small)
    smooth = _smoothness(small)
    salient = normalised(
        (barrier + border)
        * 0.5
        * (0.3 + 0.7 * tame)
        * (0.4 + 0.6 * smooth)
        * (0.35 + 0.65 * CENTRE)
    )
    return Saliency(salient, tame, border, barrier, smooth)


def _lab(small: GridPixels) -> npt.NDArray[np.float32]:
    return cv2.cvtColor(cv2.medianBlur(small, 5), cv2.COLOR_BGR2LAB).astype(np.float32)


def _border_contrast(small: GridPixels) -> Map:
    """Distance of each colour to the nearest of the border's five main colours."""
    lab = _lab(small)
    edges = (lab[:_BORDER], lab[:, :_BORDER], lab[:, -_BORDER:])
    sample = np.concatenate([edge.reshape(-1, 3) for edge in edges])[::3]
    cv2.setRNGSeed(1)  # the same picture must give the same answer
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    _, labels, colours = cv2.kmeans(
        sample, _BORDER_COLOURS, np.empty(0, np.int32), stop, 1, cv2.KMEANS_PP_CENTERS
    )
    shares = np.bincount(labels.ravel(), minlength=_BORDER_COLOURS) / len(labels)
    distances = [
        np.linalg.norm(lab - colour, axis=2) + (0.0 if share > _COMMON_SHARE else _RARE_PENALTY)
        for colour, share in zip(colours, shares, strict=True)
    ]
    nearest = np.stack(distances).min(0).astype(np.float32)
    return normalised(np.clip(nearest, 0, _FAR_COLOUR))


def _tameness(small: GridPixels) -> Map:
    """1 where a colour is neither leaf green nor sky blue: figures rarely have these colours."""
    hsv = cv2.cvtColor(small, cv2.COLOR_BGR2HSV).astype(np.float32)
    hue, saturation = hsv[..., 0] * 2, np.clip(hsv[..., 1] / 85, 0, 1)
    green = np.clip(1 - np.abs(hue - 95) / 75, 0, 1) ** 0.5
    blue = np.clip(1 - np.abs(hue - 205) / 45, 0, 1) ** 0.5
    return np.asarray(1 - np.maximum(green, blue) * saturation, dtype=np.float32)


def _smoothness(small: GridPixels) -> Map:
    """1 where there is little texture: drawn figures are smoother than grass and bark."""
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    texture = cv2.GaussianBlur(np.abs(cv2.Laplacian(gray, cv2.CV_32F)), (0, 0), 3)
    return np.asarray(1 - np.clip(texture / 25, 0, 1), dtype=np.float32)


LineMap = npt.NDArray[np.uint8]
"""(lines, places, 3) uint8: a picture by rows, or turned, by columns."""


def _barrier_distance(small: GridPixels) -> Map:
    """Minimum barrier distance to the top, left and right edges, by two rounds of four sweeps.

    After J. Zhang et al., "Minimum Barrier Salient Object Detection at 80 FPS" (ICCV 2015), with
    whole rows and columns updated at once. Bytes are enough: a barrier is at most 255.
    """
    image = cv2.cvtColor(cv2.medianBlur(small, 5), cv2.COLOR_BGR2LAB).astype(np.uint8, copy=False)
    distance = np.full(image.shape, 255, np.uint8)
    distance[0] = distance[:, 0] = distance[:, -1] = 0
    maps = [image, distance, image.copy(), image.copy()]
    for step in (1, -1, 1, -1):
        _sweep(*maps, step=step)
        maps = [_turned(values) for values in maps]  # columns become rows: contiguous is faster
        _sweep(*maps, step=step)
        maps = [_turned(values) for values in maps]
    total = maps[1].astype(np.float32).sum(2)
    return normalised(cv2.GaussianBlur(total, (5, 5), 0).astype(np.float32))


def _turned(values: LineMap) -> LineMap:
    return np.ascontiguousarray(values.swapaxes(0, 1))


def _sweep(
    image: LineMap, distance: LineMap, highest: LineMap, lowest: LineMap, *, step: int
) -> None:
    """One pass over the lines in place: each line may reach the edge through the one before."""
    lines = len(image)
    order = range(1, lines) if step > 0 else range(lines - 2, -1, -1)
    for line in order:
        high = np.maximum(highest[line - step], image[line])
        low = np.minimum(lowest[line - step], image[line])
        barrier = high - low
        better = barrier < distance[line]
        np.copyto(distance[line], barrier, where=better)
        np.copyto(highest[line], high, where=better)
        np.copyto(lowest[line], low, where=better)

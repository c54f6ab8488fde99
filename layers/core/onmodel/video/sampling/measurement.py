"""Measures sharpness and signature of a decoded picture.

Every candidate of a window is measured, so it must be much faster than decoding: only some of the
pixels are read, from the decoded planes, without copying the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.formats.transparency import on_neutral_grey
from onmodel.video.decode.colours import has_alpha
from onmodel.video.shots.signatures import (
    CELLS,
    GRID_COLUMNS,
    GRID_ROWS,
    QUANTILES,
    Signature,
    quantiles,
)

Plane = npt.NDArray[Any]

# there is one decoder per vCPU; OpenCV's threads would compete with them
cv2.setNumThreads(1)

POINTS_PER_ROW = 320  # of luma, a quarter for chroma: takes 0.2 ms, decoding takes 2 ms
_SHARPEST_TILES = CELLS // 4  # a picture with a quarter in focus is sharp (shallow focus)
_WHITE = np.float32(255)
_HALVED = 16  # points per cell, horizontally and vertically; with more, the plane is halved first
_RANKED = 5  # every fifth point, horizontally and vertically, is enough for quantiles
_VIDEO_RANGE = 219 / 255  # luma planes of most films use 219 levels
_PLANAR = ("yuv", "gray", "nv12", "nv16", "p01", "gbrp")


@dataclass(frozen=True)
class _Layout:
    """How the planes of a pixel format are read."""

    readable: bool
    bits: int
    kind: np.dtype[Any]
    alpha: bool


@lru_cache(maxsize=64)
def _layout(name: str) -> _Layout:
    parsed = VideoFormat(name)
    # P010 and similar formats use the high bits of 16
    bits = 16 if name.startswith("p01") else parsed.components[0].bits
    readable = name.startswith(_PLANAR) and not name.endswith("be")
    kind = np.dtype(np.uint8 if bits <= 8 else np.uint16)
    return _Layout(readable, bits, kind, has_alpha(name))


def bits_of(frame: VideoFrame) -> int:
    """Bits per luma sample of `planes_of`."""
    layout = _layout(frame.format.name)
    return 8 if layout.alpha or not layout.readable else layout.bits


def planes_of(frame: VideoFrame) -> tuple[Plane, ...]:
    """A picture's planes, uint8 or uint16; the first is luma (for GBR: green).

    Transparent pictures are shown on neutral grey.
    """
    layout = _layout(frame.format.name)
    if layout.alpha:
        return _opaque(_views(frame.reformat(format="yuva444p"), np.dtype(np.uint8)))
    if not layout.readable:
        return _views(frame.reformat(format="yuv444p"), np.dtype(np.uint8))
    return _views(frame, layout.kind)


def _views(frame: VideoFrame, kind: np.dtype[Any]) -> tuple[Plane, ...]:
    found = []
    for plane in frame.planes:
        rows: Plane = np.frombuffer(plane, kind)  # type: ignore[call-overload]
        found.append(rows.reshape(plane.height, -1)[:, : plane.width])
    return tuple(found)


def _opaque(planes: tuple[Plane, ...]) -> tuple[Plane, ...]:
    """Luma and chroma of a picture with alpha, on neutral grey."""
    shown = on_neutral_grey(np.dstack(planes[:3]), planes[3])
    return shown[..., 0], shown[..., 1], shown[..., 2]


def in_bytes(plane: Plane, bits: int) -> npt.NDArray[np.uint8]:
    """A plane of any depth as contiguous uint8."""
    if plane.dtype == np.uint8:
        return np.ascontiguousarray(plane)
    return np.ascontiguousarray(plane >> (bits - 8)).astype(np.uint8)


def measure(frame: VideoFrame, picture: Box) -> tuple[float, Signature]:
    """Sharpness and signature of a decoded picture.

    Sharpness is the Laplacian's variance over the sharpest quarter of the picture's tiles
    (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", 2000), on luma points
    POINTS_PER_ROW to a row, so that films of different sizes compare; 0 is a flat picture.

    Args:
        frame: as decoded.
        picture: the part without bars, in coded pixels.
    """
    planes, bits = planes_of(frame), bits_of(frame)
    luma = _points(planes[0], picture, frame, POINTS_PER_ROW, bits)
    grids, colours = [_cell_means(luma)], [quantiles(luma[::_RANKED, ::_RANKED])]
    if len(planes) > 1:
        each = [_points(plane, picture, frame, POINTS_PER_ROW // 4, bits) for plane in planes[1:3]]
        chroma: Any = cv2.merge(each)  # both at once
        grids.append(_cell_means(chroma))
        colours.append(quantiles(chroma[::2, ::2]))
    known: Signature = np.concatenate([part.ravel() for part in (*grids, *colours)])
    known /= _WHITE
    return _sharpness(luma), known if len(planes) > 2 else _with_grey(known)


def _with_grey(known: Signature) -> Signature:
    """Complete a signature with grey for the missing chroma planes."""
    planes = len(known) // (CELLS + QUANTILES)
    grids, colours = known[: planes * CELLS], known[planes * CELLS :]
    grey = np.full((3 - planes) * CELLS, 0.5, np.float32)
    return np.concatenate([grids, grey, colours, grey[: (3 - planes) * QUANTILES]])


def sharpness_of_pixels(pixels: Pixels) -> float:
    """The sharpness of a part of a frame's pixels, near to what `measure` finds in its planes."""
    step = max(1, pixels.shape[1] // POINTS_PER_ROW)
    rows = max(1, min(step, pixels.shape[0] // 4))
    grey: Any = cv2.cvtColor(np.ascontiguousarray(pixels[::rows, ::step]), cv2.COLOR_BGR2GRAY)
    return _sharpness(grey) * _VIDEO_RANGE**2


def _sharpness(luma: npt.NDArray[np.uint8]) -> float:
    """Mean Laplacian variance of the sharpest tiles."""
    edges = cv2.Laplacian(luma, cv2.CV_16S)
    tiles = _tiles(*luma.shape)
    # the mean of a Laplacian over a tile is nearly 0, so its variance is the mean square
    squares = sorted([cv2.norm(edges[tile], cv2.NORM_L2SQR) for tile in tiles])
    rows, columns = tiles[0]
    mean: float = sum(squares[-_SHARPEST_TILES:]) / (_SHARPEST_TILES * rows.stop * columns.stop)
    return mean


@lru_cache(maxsize=8)
def _tiles(height: int, width: int) -> tuple[tuple[slice, slice], ...]:
    """Rows and columns of a picture's GRID_ROWS × GRID_COLUMNS tiles."""
    rows, columns = max(1, height // GRID_ROWS), max(1, width // GRID_COLUMNS)
    return tuple(
        (slice(top, top + rows), slice(left, left + columns))
        for top in range(0, rows * GRID_ROWS, rows)
        for left in range(0, columns * GRID_COLUMNS, columns)
    )


def _points(
    plane: Plane, picture: Box, frame: VideoFrame, width: int, bits: int
) -> npt.NDArray[np.uint8]:
    """About `width` points per row of a plane's part inside `picture`."""
    part = part_of(plane, picture, frame.width, frame.height)
    step = max(1, part.shape[1] // width)
    rows = max(1, min(step, part.shape[0] // 4))
    return in_bytes(part[::rows, ::step], bits)


def part_of(plane: Plane, picture: Box, width: int, height: int) -> Plane:
    """The part of a plane that corresponds to `picture` in a frame of (width, height)."""
    x, y = plane.shape[1] / width, plane.shape[0] / height
    top, left = int(picture.top * y), int(picture.left * x)
    bottom, right = round(picture.bottom * y), round(picture.right * x)
    return plane[top : max(bottom, top + 1), left : max(right, left + 1)]


def _cell_means(points: Plane) -> npt.NDArray[np.float32]:
    """(planes, GRID_ROWS, GRID_COLUMNS) means of the cells of one plane, or of merged ones.

    The plane is halved first, because averaging two by two points is ten times faster.
    """
    while points.shape[0] >= _HALVED * GRID_ROWS and points.shape[1] >= _HALVED * GRID_COLUMNS:
        height, width = points.shape[0] // 2, points.shape[1] // 2
        even = points[: 2 * height, : 2 * width]
        points = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
    means: Any = cv2.resize(
        points.astype(np.float32), (GRID_COLUMNS, GRID_ROWS), interpolation=cv2.INTER_AREA
    )
    cells: npt.NDArray[np.float32] = means.reshape(GRID_ROWS, GRID_COLUMNS, -1).transpose(2, 0, 1)
    return cells

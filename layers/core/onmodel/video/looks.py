"""A cheap look at a decoded picture: enough to compare sharpness and to see a cut.

Every candidate of a window is looked at, so a look must cost little beside decoding: it reads
one pixel in a few, from the decoded planes, without copying the picture.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from onmodel.contracts.base import Box

Plane = npt.NDArray[Any]

GRID_ROWS, GRID_COLUMNS = 4, 6
HISTOGRAM_BINS = 16
# one decoder a vCPU is the plan; OpenCV's own threads would spin beside them
cv2.setNumThreads(1)

LOOK_WIDTH = 256  # luma points a row; a quarter of that for colour
SHARPNESS_WIDTH = 480  # sharpness is told at this width, so that film sizes compare
_SHARPEST_TILES = GRID_ROWS * GRID_COLUMNS // 4  # shallow focus: a quarter in focus is sharp
_GREY = np.full(GRID_ROWS * GRID_COLUMNS, 0.5, np.float32)
_PLANAR = ("yuv", "gray", "nv12", "nv16", "p01", "gbrp")


def planes_of(frame: VideoFrame) -> tuple[Plane, ...]:
    """Views of a picture's planes, uint8 or uint16, luma (of GBR: green) first."""
    name = frame.format.name
    if not name.startswith(_PLANAR) or name.endswith("be"):
        frame = frame.reformat(format="yuv444p")
    kind = np.dtype(np.uint8 if frame.format.components[0].bits <= 8 else np.uint16)
    found = []
    for plane in frame.planes:
        rows: Plane = np.frombuffer(memoryview(plane), kind)
        found.append(rows.reshape(plane.height, -1)[:, : plane.width])
    return tuple(found)


def in_bytes(plane: Plane, bits: int) -> npt.NDArray[np.uint8]:
    """A plane of any depth as contiguous uint8."""
    if plane.dtype == np.uint8:
        return np.ascontiguousarray(plane)
    return np.ascontiguousarray(plane >> (bits - 8)).astype(np.uint8)


def look_at(frame: VideoFrame, picture: Box) -> tuple[float, npt.NDArray[np.float32]]:
    """Focus, to compare frames of one window only, and the signature.

    Args:
        frame: as decoded.
        picture: the part without bars, in coded pixels.
    """
    planes = planes_of(frame)
    bits = frame.format.components[0].bits
    luma = _points(planes[0], picture, frame, LOOK_WIDTH, bits)
    edges: Any = cv2.convertScaleAbs(cv2.Laplacian(luma, cv2.CV_16S))
    focus = float(np.sort(_cell_means(edges))[-_SHARPEST_TILES:].mean())
    parts = [_cell_means(luma)]
    for plane in planes[1:3]:
        parts.append(_cell_means(_points(plane, picture, frame, LOOK_WIDTH // 4, bits)))
    parts += [_GREY] * (3 - len(parts))
    counts: Any = cv2.calcHist([luma], [0], None, [HISTOGRAM_BINS], [0, 256])
    parts.append(counts.ravel() / np.float32(luma.size))
    return focus, np.concatenate(parts)


def _points(
    plane: Plane, picture: Box, frame: VideoFrame, width: int, bits: int
) -> npt.NDArray[np.uint8]:
    """About `width` points a row out of the picture's part of a plane."""
    part = part_of(plane, picture, frame.width, frame.height)
    step = max(1, part.shape[1] // width)
    rows = max(1, min(step, part.shape[0] // 4))
    return in_bytes(part[::rows, ::step], bits)


def part_of(plane: Plane, picture: Box, width: int, height: int) -> Plane:
    """The part of a plane of any size that `picture` is of a frame of (width, height)."""
    x, y = plane.shape[1] / width, plane.shape[0] / height
    top, left = int(picture.top * y), int(picture.left * x)
    bottom, right = round(picture.bottom * y), round(picture.right * x)
    return plane[top : max(bottom, top + 1), left : max(right, left + 1)]


def _cell_means(points: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(GRID_ROWS × GRID_COLUMNS,) means of 0 to 1, from sums over rectangles."""
    rows, columns, sizes = _cells(*points.shape)
    corners = cv2.integral(points)[rows, columns]
    cells = corners[1:, 1:] - corners[:-1, 1:] - corners[1:, :-1] + corners[:-1, :-1]
    means: npt.NDArray[np.float32] = (cells / sizes).astype(np.float32).ravel()
    return means


@lru_cache(maxsize=64)
def _cells(height: int, width: int) -> tuple[Plane, Plane, Plane]:
    """Edges of the grid's cells, and 255 times their areas."""
    rows = np.arange(GRID_ROWS + 1) * height // GRID_ROWS
    columns = np.arange(GRID_COLUMNS + 1) * width // GRID_COLUMNS
    areas = np.maximum(np.diff(rows)[:, None] * np.diff(columns), 1)
    return rows[:, None], columns, areas.astype(np.float32) * np.float32(255)


def sharpness_of(luma: npt.NDArray[np.uint8]) -> float:
    """Mean Laplacian variance of the sharpest quarter of a picture's tiles; 0 is flat.

    Variance of the Laplacian: Pech-Pacheco et al., "Diatom autofocusing in brightfield
    microscopy" (2000).

    Args:
        luma: (height, width) uint8, the picture without bars, out of a frame that was scaled to
            SHARPNESS_WIDTH, so that film sizes compare.
    """
    edges = cv2.Laplacian(luma, cv2.CV_16S)
    height, width = luma.shape
    variances = []
    for row in range(GRID_ROWS):
        for column in range(GRID_COLUMNS):
            tile = edges[
                height * row // GRID_ROWS : max(1, height * (row + 1) // GRID_ROWS),
                width * column // GRID_COLUMNS : max(1, width * (column + 1) // GRID_COLUMNS),
            ]
            variances.append(float(cv2.meanStdDev(tile)[1][0, 0]) ** 2 if tile.size else 0.0)
    return float(np.mean(sorted(variances)[-_SHARPEST_TILES:]))

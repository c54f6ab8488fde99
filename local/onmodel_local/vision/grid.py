"""The small picture in which figures are searched, and boxes on it."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 256, 144  # 16:9; other shapes are squeezed

GridPixels = npt.NDArray[np.uint8]
"""(height, width, 3) uint8, BGR."""
Map = npt.NDArray[np.float32]
"""(HEIGHT, WIDTH) float32, mostly 0 to 1."""
Mask = npt.NDArray[np.uint8]
"""(HEIGHT, WIDTH) uint8."""


class GridBox(NamedTuple):
    """Left, top, right, bottom in grid pixels; right and bottom are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def contains(self, point: tuple[float, float]) -> bool:
        return self.left <= point[0] <= self.right and self.top <= point[1] <= self.bottom


class Face(NamedTuple):
    """A face on the grid, its detector's score 0 to 1, and five landmarks as fractions."""

    box: GridBox
    score: float
    landmarks: tuple[tuple[float, float], ...] = ()


def shrink(picture: GridPixels) -> GridPixels:
    """To the grid's size."""
    return np.asarray(
        cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), dtype=np.uint8
    )


def shared_area(a: GridBox, b: GridBox) -> float:
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    return width * height if width > 0 and height > 0 else 0.0


def overlap(a: GridBox, b: GridBox) -> float:
    """Intersection over union, 0 to 1."""
    common = shared_area(a, b)
    return common / (a.area + b.area - common) if common else 0.0


def containment(a: GridBox, b: GridBox) -> float:
    """Intersection over the smaller box, 0 to 1."""
    return shared_area(a, b) / min(a.area, b.area)


def normalised(values: npt.NDArray[np.float32]) -> Map:
    """Stretched to 0 to 1."""
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) / (high - low + 1e-6), dtype=np.float32)


def otsu(values: Map) -> float:
    """Otsu's threshold of a map between 0 and 1."""
    level, _ = cv2.threshold(
        (values * 255).astype(np.uint8), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU
    )
    return float(level) / 255

"""An Embedder computed from pixels: similar pictures get similar vectors."""

from __future__ import annotations

from functools import cache, lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Vector
from onmodel.errors import AnswerRefused

GRID = 8  # mean colours of 8 × 8 tiles


class FakeEmbedder:
    def __init__(self, dimensions: int = 256, model: str = "fake-embedder") -> None:
        self.model = model
        self.dimensions = dimensions
        self.pictures: list[bytes] = []

    def embed(self, jpeg: bytes) -> Vector:
        self.pictures.append(jpeg)
        vector = _projection(self.dimensions) @ _tiles(jpeg)
        unit: Vector = (vector / np.linalg.norm(vector)).astype(np.float32)
        return unit


@cache
def _projection(dimensions: int) -> npt.NDArray[np.float64]:
    """Random directions keep angles (Johnson–Lindenstrauss); the seed makes every run the same."""
    return np.random.default_rng(0).standard_normal((dimensions, GRID * GRID * 3 + 1))


@lru_cache(maxsize=1024)  # most tests embed the same pictures
def _tiles(jpeg: bytes) -> npt.NDArray[np.float64]:
    """Mean colours, and a constant so that a grey picture has a vector too."""
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise AnswerRefused("no picture")
    tiles = cv2.resize(pixels, (GRID, GRID), interpolation=cv2.INTER_AREA).ravel() / 255 - 0.5
    return np.append(tiles, 0.1)

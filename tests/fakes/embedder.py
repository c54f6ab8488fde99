"""An Embedder computed from pixels: similar pictures get similar vectors."""

from __future__ import annotations

import cv2
import numpy as np

from onmodel.contracts.arrays import Vector
from onmodel.errors import AnswerRefused

GRID = 8  # mean colours of 8 × 8 tiles


class FakeEmbedder:
    def __init__(self, dimensions: int = 256, model: str = "fake-embedder") -> None:
        self.model = model
        self.dimensions = dimensions
        self.pictures: list[bytes] = []
        # Random directions keep angles (Johnson–Lindenstrauss); the seed makes every run the same.
        random = np.random.default_rng(0)
        self._projection = random.standard_normal((dimensions, GRID * GRID * 3 + 1))

    def embed(self, jpeg: bytes) -> Vector:
        self.pictures.append(jpeg)
        pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        if pixels is None:
            raise AnswerRefused("no picture")
        tiles = cv2.resize(pixels, (GRID, GRID), interpolation=cv2.INTER_AREA).ravel() / 255 - 0.5
        vector = self._projection @ np.append(tiles, 0.1)  # so that a grey picture has a vector too
        unit: Vector = (vector / np.linalg.norm(vector)).astype(np.float32)
        return unit

"""Arrays as .npy bytes, never pickled."""

from __future__ import annotations

import io

import numpy as np

from onmodel.contracts.arrays import Vectors


def to_npy(array: Vectors) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def from_npy(data: bytes) -> Vectors:
    """Raises ValueError for anything but a plain array."""
    array: Vectors = np.load(io.BytesIO(data), allow_pickle=False)
    return array


def stack(parts: list[Vectors], dimensions: int) -> Vectors:
    """(n, dimensions) float32, also when there is none."""
    return np.concatenate([np.zeros((0, dimensions), np.float32), *parts], dtype=np.float32)

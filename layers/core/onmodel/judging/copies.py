"""Copies: pictures that repeat a training picture instead of drawing something of their own.

Three things must agree: the vector is nearer to a training picture than training pictures of
different shots are to each other; the shapes are alike; and they are more alike than those of the
mirrored training picture, which an embedding hardly tells from the picture itself.
"""

from __future__ import annotations

import numpy as np

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.judging import Structure

PERCENTILE = 99.0
"""Of the nearest similarities between training pictures of different shots."""

LEAST_PICTURES = 20
"""With fewer, a percentile is the largest value by chance."""

LEAST_STRUCTURE = 0.85
"""Of `vision.structure`. On drawn films, copies that were moved, resized and compressed reach 0.96;
one picture of a hundred of the same character in another shot reaches 0.72."""

BLOCK = 4096  # rows compared at a time: bounds one product to 4096 x n


def copy_threshold(vectors: Vectors, shots: list[tuple[str, int]]) -> float | None:
    """The similarity above which a picture may be a copy.

    Args:
        vectors: `(n, d)` of the training pictures.
        shots: n values; equal ones are of the same shot.

    Returns:
        The 99th percentile of each picture's nearest similarity in other shots; None when there are
        too few pictures, or they are all of one shot.
    """
    if len(vectors) < LEAST_PICTURES or len(set(shots)) < 2:
        return None
    numbers = {shot: number for number, shot in enumerate(dict.fromkeys(shots))}
    of_shot = np.array([numbers[shot] for shot in shots])
    nearest = []
    for start in range(0, len(vectors), BLOCK):
        similarity = vectors[start : start + BLOCK] @ vectors.T
        similarity[of_shot[start : start + BLOCK, None] == of_shot[None, :]] = -1
        nearest.append(similarity.max(axis=1))
    return float(np.percentile(np.concatenate(nearest), PERCENTILE))


def is_copy(similarity: float, threshold: float | None, structure: Structure | None) -> bool:
    """Whether all three agree; what could not be measured never makes a copy."""
    if threshold is None or structure is None:
        return False
    return (
        similarity > threshold
        and structure.same_way >= LEAST_STRUCTURE
        and structure.same_way > structure.mirrored
    )

"""Short vectors whose products are upper bounds of the cosines of long ones.

The vectors are turned so that their first numbers say most. What these leave out of a product is at
most the product of the lengths of the rests (Cauchy–Schwarz): x·y <= x1·y1 + |x2||y2|. So the first
numbers and the length of the rest, as one more number, are a short vector; and where the product of
two short vectors is below a threshold, the cosine is too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Vectors

LEAST_ROWS = 12_000  # fewer are compared in full about as quickly
WIDTHS = (64, 128, 256, 512)  # of short vectors
TURNED_BY = 2048  # rows by which the directions are chosen
TRIED_ON = 512  # other rows, on which each width is tried
PAIR_COST = 64  # of one pair compared by itself, where one within a product of matrices is 1
SLACK = 1e-6  # more than float32 rounds the square of a length
AT_ONCE = 1024  # pairs, of rows of 1,024 numbers: bounds their copies to 8 MB


def short_vectors(vectors: Vectors, threshold: float) -> Vectors | None:
    """Short vectors whose products are at least the cosines, but for 1e-5 of rounding.

    They are as wide as is quickest for this threshold: comparing short vectors, and in full the
    pairs that these do not exclude.

    Args:
        vectors: `(n, d)` float32, rows of at most unit length.
        threshold: pairs with a cosine below are to be excluded.

    Returns:
        `(n, w)` float32, or None where comparing all in full is quicker.
    """
    count, dimensions = vectors.shape
    if count < LEAST_ROWS:
        return None
    some = np.random.default_rng(0).permutation(count)[: TURNED_BY + TRIED_ON]
    directions = leading_directions(vectors[some[:TURNED_BY]])
    tried = vectors[some[TURNED_BY:]]
    unlike = np.triu(tried @ tried.T < threshold, 1)
    costs = {dimensions: float(dimensions)}
    for width in WIDTHS:
        if width < dimensions:
            short = shorten(tried, directions[:, : width - 1])
            share = np.count_nonzero(unlike & (short @ short.T >= threshold)) / (unlike.size / 2)
            costs[width] = width + share * PAIR_COST * dimensions
    best = min(costs, key=lambda width: costs[width])
    return None if best == dimensions else shorten(vectors, directions[:, : best - 1])


def leading_directions(vectors: Vectors) -> Vectors:
    """`(d, d)` float32: orthonormal columns, those first along which the vectors are longest."""
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    return np.ascontiguousarray(directions[:, ::-1])


def shorten(vectors: Vectors, directions: Vectors) -> Vectors:
    """`(n, w)` float32: each vector along `w - 1` orthonormal columns, and its rest's length."""
    short = np.empty((len(vectors), directions.shape[1] + 1), np.float32)
    np.matmul(vectors, directions, out=short[:, :-1])
    squared = np.einsum("ij,ij->i", vectors, vectors)
    rest = squared - np.einsum("ij,ij->i", short[:, :-1], short[:, :-1])
    short[:, -1] = np.sqrt(np.maximum(rest, 0) + np.float32(SLACK))
    return short


def cosines_of_pairs(
    vectors: Vectors,
    first: npt.NDArray[np.intp],
    second: npt.NDArray[np.intp],
    pairs: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
) -> npt.NDArray[np.float32]:
    """The cosines of some pairs of rows, each compared in full.

    Args:
        vectors: `(n, d)` float32, rows of unit length.
        first: `(m,)` rows of `vectors`.
        second: `(k,)` rows of `vectors`.
        pairs: `(p,)` places in `first`, and `(p,)` places in `second`.

    Returns:
        `(p,)` float32.
    """
    rows, columns = pairs
    if len(rows) * PAIR_COST > len(first) * len(second):
        return (vectors[first] @ vectors[second].T)[rows, columns]
    cosines = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        one, other = vectors[first[rows[part]]], vectors[second[columns[part]]]
        np.einsum("ij,ij->i", one, other, out=cosines[part])
    return cosines

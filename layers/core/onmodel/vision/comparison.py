"""Compares vectors for naming: differences that do not tell characters apart count less.

A crop's vector holds the figure, and also its light, its background and its pose. How much the
pictures of one character differ shows which directions are of that second kind; so does how much
the shots of a film differ as wholes. Along these directions vectors are shrunk before their cosine
is taken. This is within-class covariance normalisation with shrinkage: Hatch, Kajarekar and
Stolcke, "Within-class covariance normalization for SVM-based speaker recognition", 2006.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Vectors

SHRINKAGE = 1.0
"""Share of the mean variance that is added to each: small samples overstate the largest ones."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Shrinks vectors along some directions.

    Attributes:
        directions: `(k, d)`, orthonormal rows; k may be 0, then nothing is changed.
        factors: `(k,)`, 0 to 1: what is left of each direction.
    """

    directions: npt.NDArray[np.float64]
    factors: npt.NDArray[np.float64]

    def apply(self, vectors: Vectors) -> Vectors:
        """`(n, d)` rows of unit length for `(n, d)` rows of unit length."""
        along = vectors @ self.directions.T
        shrunk = vectors - (along * (1 - self.factors)) @ self.directions
        lengths = np.linalg.norm(shrunk, axis=1, keepdims=True)
        return np.asarray(shrunk / np.maximum(lengths, 1e-12), np.float32)


def learn_comparison(groups: Iterable[Vectors], dimensions: int) -> Comparison:
    """Learn which differences do not matter.

    Args:
        groups: each `(n, d)`: vectors that should count as alike. Groups of one teach nothing.
        dimensions: d.
    """
    several = [group - group.mean(axis=0) for group in groups if len(group) > 1]
    if not several:
        return Comparison(np.zeros((0, dimensions)), np.zeros(0))
    differences = np.concatenate(several).astype(np.float64)
    directions, variances = _principal(differences / np.sqrt(len(differences)))
    added = SHRINKAGE * float(variances.mean()) if len(variances) else 0.0
    if added <= 0:
        return Comparison(np.zeros((0, dimensions)), np.zeros(0))
    return Comparison(directions, 1 / np.sqrt(1 + variances / added))


def _principal(
    rows: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Directions `(k, d)` and variances `(k,)` of the rows, k the smaller of n and d."""
    if len(rows) <= rows.shape[1]:
        _, spread, directions = np.linalg.svd(rows, full_matrices=False)
        return directions, spread**2
    variances, vectors = np.linalg.eigh(rows.T @ rows)
    return vectors.T, np.maximum(variances, 0.0)

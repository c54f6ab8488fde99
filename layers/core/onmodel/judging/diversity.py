"""Diversity: how much the pictures of one scene differ from each other."""

from __future__ import annotations

import numpy as np

from onmodel.contracts.arrays import Vectors


def mean_difference(vectors: Vectors) -> float | None:
    """Mean of 1 - cos over all pairs of pictures; None with fewer than two.

    Args:
        vectors: `(n, d)` of one scene's pictures, rows of unit length.
    """
    if len(vectors) < 2:
        return None
    above = np.triu_indices(len(vectors), k=1)
    return float(1 - (vectors @ vectors.T)[above].mean())


def vendi_score(vectors: Vectors) -> float | None:
    """How many different pictures these are worth, 1 to n; None with fewer than two.

    The exponential of the entropy of the eigenvalues of the similarities, divided by n. Source:
    Friedman and Dieng, "The Vendi Score: A Diversity Evaluation Metric for Machine Learning", 2023.

    Args:
        vectors: `(n, d)` of one scene's pictures, rows of unit length.
    """
    count = len(vectors)
    if count < 2:
        return None
    similarity = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    shares = np.linalg.eigvalsh(similarity / count)
    shares = shares[shares > 1e-12]
    return float(np.exp(-(shares * np.log(shares)).sum()))

"""Forecast of bleeding: characters whose pictures are so alike that a model may mix them.

Made of the vectors that a dataset has, before anything is trained or paid for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.datasets import DatasetItem
from onmodel.formats.wording import listed

LEAST_SHARE = 0.25
"""Half-way between 0, two characters who are told apart, and 0.5, two who are not."""

LEAST_PICTURES = 5
"""Of each character. A share of fewer is chance."""

MOST_PAIRS = 5
"""That are named; the closest ones. A production may have 100 characters."""

WHAT_HELPS = (
    "What helps: references that show what differs, so that no picture is under the wrong name;"
    " more pictures of each one alone; names that share no word; or a training without one of them."
    " A storyboard with both of them shows whether the model mixes them"
)


@dataclass(frozen=True)
class ClosePair:
    """Two characters. `share` of their pictures, 0 to 1, is nearer to the other character."""

    first: str
    second: str
    share: float


def close_pairs(items: Sequence[DatasetItem], vectors: Vectors) -> tuple[ClosePair, ...]:
    """Characters whose pictures are close, the closest pair first.

    A picture's mean cosine to pictures of its own character is compared with that to pictures of
    the other one. Pictures of its own shot do not count for either: they share its background. The
    mean of the two characters' shares does not depend on who has more pictures.

    Args:
        items: of a dataset; `vectors[i]` is of `items[i]`.
        vectors: `(n, d)`, rows of unit length.
    """
    names = np.array([item.character or "" for item in items])
    numbers = {shot: number for number, shot in enumerate({(i.film_id, i.shot) for i in items})}
    shots = np.array([numbers[item.film_id, item.shot] for item in items])
    named = sorted(set(names.tolist()) - {""})
    similar = {name: _to_other_shots(vectors, names == name, shots) for name in named}
    found = []
    for first, second in combinations(named, 2):
        shares = [
            _share_nearer(similar[own][names == own], similar[other][names == own])
            for own, other in ((first, second), (second, first))
        ]
        known = [share for share in shares if share is not None]
        if len(known) == len(shares) and np.mean(known) >= LEAST_SHARE:
            found.append(ClosePair(first, second, float(np.mean(known))))
    return tuple(sorted(found, key=lambda pair: (-pair.share, pair.first, pair.second)))


def forecast_texts(pairs: Sequence[ClosePair], names: Mapping[str, str]) -> tuple[str, ...]:
    """What people are told; nothing without a pair.

    Args:
        pairs: the closest first.
        names: of characters for people, by slug.
    """
    told = [
        f"{listed([names.get(slug, slug) for slug in (pair.first, pair.second)])} look alike to the"
        f" embedding: {100 * pair.share:.0f} % of their pictures are nearer to the other's pictures"
        " than to their own of other shots (50 % is chance). The model may mix them"
        for pair in pairs[:MOST_PAIRS]
    ]
    if len(pairs) > MOST_PAIRS:
        told.append(f"The number of further pairs that look alike is {len(pairs) - MOST_PAIRS}")
    return (*told, WHAT_HELPS) if told else ()


def _to_other_shots(
    vectors: Vectors, own: np.typing.NDArray[np.bool_], shots: np.typing.NDArray[np.int_]
) -> np.typing.NDArray[np.float64]:
    """Each picture's mean cosine to a character's pictures of other shots; NaN without any.

    By sums of vectors, so that 10,000 pictures need no matrix of 10,000 x 10,000.
    """
    in_shot = np.zeros((shots.max(initial=-1) + 1, vectors.shape[1]), np.float32)
    np.add.at(in_shot, shots[own], vectors[own])
    counts = np.bincount(shots[own], minlength=len(in_shot))
    left = own.sum() - counts[shots]
    sums = vectors @ vectors[own].sum(axis=0) - np.einsum("nd,nd->n", vectors, in_shot[shots])
    return np.where(left > 0, sums / np.maximum(left, 1), np.nan)


def _share_nearer(
    to_own: np.typing.NDArray[np.float64], to_other: np.typing.NDArray[np.float64]
) -> float | None:
    """Of a character's pictures; None when too few can be compared."""
    can = np.isfinite(to_own) & np.isfinite(to_other)
    return float((to_other[can] >= to_own[can]).mean()) if can.sum() >= LEAST_PICTURES else None

"""Why a crop should be looked at: what a review shows first. Arrays and rows in, doubts out.

A weight is 0 where nothing is doubtful and 1 where something is almost surely wrong. Weights of
several doubts add up as independent chances do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from math import prod

import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.caption_checks import CaptionFaultKind
from onmodel.contracts.crops import Naming
from onmodel.contracts.review import Doubt
from onmodel.datasets.caption_check import CaptionFault

SURE_MARGIN = 0.10
"""Ahead of the next character by this much, a name is hardly ever wrong."""

LEAST_OF_A_CHARACTER = 5
"""Of fewer crops the usual spread is not known."""

FAR_OUT, SURELY_OUT = 2.5, 6.0
"""Deviations (of the median absolute deviation, scaled to a standard one) below the median."""

STANDARD = 1.4826  # a standard deviation by a median absolute deviation, for a normal distribution
LEAST_SPREAD = 0.01  # of cosines: crops of a held shot are equal, and one of another is no outlier

NEARLY = 0.04
"""Below the threshold of near-duplicates: alike to a person, and kept."""

POOR_QUALITY = 0.35

CAPTION_WEIGHTS = {
    CaptionFaultKind.NAME: 0.9,
    CaptionFaultKind.TRAIT: 0.4,
    CaptionFaultKind.FIGURE: 0.3,
    CaptionFaultKind.SHARED: 0.2,
}

Called = Callable[[str], str]
"""A character's name for people, by its slug."""


def margin_doubt(naming: Naming | None, called: Called) -> Doubt | None:
    """A name that is hardly ahead of the next one."""
    if naming is None or naming.character is None or naming.runner_up is None:
        return None
    if naming.replaces is not None or naming.margin >= SURE_MARGIN:
        return None
    return Doubt(
        kind="margin",
        text=f"Only {naming.margin:.2f} more like {called(naming.character)} than"
        f" {called(naming.runner_up)}",
        weight=1 - naming.margin / SURE_MARGIN,
    )


def outlier_doubts(
    characters: Sequence[str | None], vectors: Vectors, called: Called
) -> list[Doubt | None]:
    """Crops that are much less like their character's other crops than these are.

    Args:
        characters: slug by row; None for crops without a name.
        vectors: `(n, d)` float32, rows of unit length.
        called: names for people.
    """
    found: list[Doubt | None] = [None] * len(characters)
    rows_of: defaultdict[str, list[int]] = defaultdict(list)
    for row, character in enumerate(characters):
        if character is not None:
            rows_of[character].append(row)
    for character, rows in rows_of.items():
        if len(rows) < LEAST_OF_A_CHARACTER:
            continue
        for row, deviations in zip(rows, _deviations(vectors[rows]), strict=True):
            if deviations > FAR_OUT:
                weight = min(1.0, (deviations - FAR_OUT) / (SURELY_OUT - FAR_OUT))
                found[row] = Doubt(
                    kind="outlier",
                    text=f"Unlike the other pictures of {called(character)}",
                    weight=weight,
                )
    return found


def _deviations(vectors: Vectors) -> npt.NDArray[np.float64]:
    """`(n,)`: how far each row lies below the usual cosine to the mean of all rows."""
    mean = vectors.mean(axis=0)
    cosines = (vectors @ mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float64)
    median = float(np.median(cosines))
    spread = STANDARD * float(np.median(np.abs(cosines - median)))
    deviations: npt.NDArray[np.float64] = (median - cosines) / max(spread, LEAST_SPREAD)
    return deviations


def near_duplicate_doubts(
    places: Sequence[Hashable], vectors: Vectors, threshold: float
) -> list[Doubt | None]:
    """Kept crops that are still very alike: all but the first of each such pair.

    Only crops of one place are compared: those of one shot follow each other, and comparing all
    crops of a long film takes minutes.

    Args:
        places: film and shot by row.
        vectors: `(n, d)` float32, rows of unit length.
        threshold: of near-duplicates, as the settings have it.
    """
    found: list[Doubt | None] = [None] * len(places)
    rows_of: defaultdict[Hashable, list[int]] = defaultdict(list)
    for row, place in enumerate(places):
        rows_of[place].append(row)
    least = threshold - NEARLY
    for rows in rows_of.values():
        cosines = np.tril(vectors[rows] @ vectors[rows].T, k=-1)
        for row, nearest in zip(rows, cosines.max(axis=1, initial=-1.0), strict=True):
            if nearest >= least:
                found[row] = Doubt(
                    kind="near_duplicate",
                    text=f"Very like an earlier picture of its shot ({nearest:.2f})",
                    weight=float(np.clip((nearest - least) / (2 * NEARLY), 0.1, 0.8)),
                )
    return found


def quality_doubt(quality: float, is_wide: bool) -> Doubt | None:
    """A picture that is blurred, small or badly lit; or the whole frame in place of a figure."""
    if is_wide:
        return Doubt(kind="quality", text="The whole frame: no figure was boxed", weight=0.5)
    if quality >= POOR_QUALITY:
        return None
    return Doubt(
        kind="quality",
        text=f"Quality {quality:.0%}: blurred, small or badly lit",
        weight=min(0.9, 1 - quality / POOR_QUALITY),
    )


def caption_doubt(faults: Sequence[CaptionFault]) -> Doubt | None:
    """The gravest fault of a caption, of those that it has by itself and among all captions."""
    if not faults:
        return None
    gravest = max(faults, key=lambda fault: CAPTION_WEIGHTS[fault.kind])
    return Doubt(kind="caption", text=gravest.told, weight=CAPTION_WEIGHTS[gravest.kind])


def total_weight(doubts: Iterable[Doubt]) -> float:
    """The chance that something is wrong, were the weights independent chances."""
    return 1 - prod(1 - doubt.weight for doubt in doubts)

"""Which look of its character each track shows, by the references of each look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from onmodel.contracts.arrays import Vectors
from onmodel.vision.track_groups import Tracks

LEAST_LEAD = 0.03
"""Over the next look. Chosen on drawn films with two outfits, by two embedders: no track was wrong
there; of 83 tracks of others, one was (docs/decisions/looks-by-references.md)."""


def nearest_looks(
    tracks: Tracks, vectors: Vectors, references: Vectors, looks: Sequence[str]
) -> tuple[str, ...]:
    """For each track the look whose references are nearest, '' where none is ahead of the others.

    Plain cosines are compared: what namers learn to overlook, such as differences between the
    references of one character, is what tells looks apart.

    Args:
        tracks: of the crops.
        vectors: `(crops, d)`, of figures without their background.
        references: `(k, d)`, of one character, likewise.
        looks: of each reference; '' stands for pictures whose look nobody named.
    """
    kinds = sorted(set(looks))
    if len(kinds) < 2:
        return ("",) * len(tracks)
    alike = vectors @ references.T
    of_look = np.array([kinds.index(look) for look in looks])
    nearest = [alike[:, of_look == place].max(axis=1) for place in range(len(kinds))]
    scores = tracks.means(np.stack(nearest, axis=1))
    ranked = np.sort(scores, axis=1)
    is_sure = ranked[:, -1] - ranked[:, -2] >= LEAST_LEAD
    return tuple(
        kinds[place] if sure else ""
        for place, sure in zip(scores.argmax(axis=1), is_sure, strict=True)
    )

"""Which character a crop shows: the nearest reference, or an honest abstention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from onmodel.contracts.films import Naming
from onmodel.contracts.settings import NamingSettings


def name_crops(
    crop_ids: Sequence[str],
    vectors: npt.NDArray[np.float32],
    references: Mapping[str, npt.NDArray[np.float32]],
    naming: NamingSettings,
) -> tuple[Naming, ...]:
    """Name crops after the character of their nearest reference.

    A character's similarity is that of its nearest reference. The nearest character gives the
    name when its similarity reaches `naming.threshold` and is ahead of the next character's by
    `naming.margin`; two characters equally near never name. A lone character has nothing to be
    ahead of: only the threshold counts, and `margin` tells its similarity.

    Args:
        crop_ids: n ids.
        vectors: `(n, d)` float32, rows of unit length, in the order of `crop_ids`.
        references: by character, `(k, d)` float32, rows of unit length; k may be 0.
        naming: threshold and margin.
    """
    characters = sorted(name for name, rows in references.items() if len(rows))
    if not characters or not len(crop_ids):
        return tuple(_unknown(crop) for crop in crop_ids)
    similarity = np.stack(
        [(vectors @ references[name].T).max(axis=1) for name in characters], axis=1
    ).clip(-1, 1)
    return tuple(
        _decide(crop, characters, row, naming)
        for crop, row in zip(crop_ids, similarity, strict=True)
    )


def _decide(
    crop: str,
    characters: Sequence[str],
    similarity: npt.NDArray[np.float32],
    naming: NamingSettings,
) -> Naming:
    ranked = np.argsort(-similarity, kind="stable")
    nearest = float(similarity[ranked[0]])
    runner_up = characters[ranked[1]] if len(ranked) > 1 else None
    ahead = nearest - float(similarity[ranked[1]]) if runner_up is not None else max(0.0, nearest)
    distinct = runner_up is None or (ahead >= naming.margin and ahead > 0)
    named = nearest >= naming.threshold and distinct
    return Naming(
        crop_id=crop,
        character=characters[ranked[0]] if named else None,
        confidence=nearest,
        margin=ahead,
        runner_up=runner_up if named else characters[ranked[0]],
    )


def _unknown(crop: str) -> Naming:
    return Naming(crop_id=crop, character=None, confidence=0.0, margin=0.0)

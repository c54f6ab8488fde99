"""Measures a drawn panel: likeness to its characters, to its prompt, to training pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from onmodel.contracts.arrays import Vector, Vectors
from onmodel.contracts.panels import CharacterLikeness, PanelScore

NEAREST = 3
"""Pictures of a character that likeness is the mean of.

With the nearest picture alone, a copy would have the highest likeness. With the mean of all, a pose
that few pictures show would have a low one.
"""


def measure_panel(
    panel: Vector,
    *,
    characters: Sequence[str],
    shown: Mapping[str, Vectors],
    crop_ids: Sequence[str],
    training: Vectors,
    copy_threshold: float,
    prompt: Vector | None = None,
) -> PanelScore:
    """Likeness, copying and alignment of one picture, side by side.

    All vectors are float32 of unit length and from one embedding model.

    Args:
        panel: `(d,)` of the drawn picture.
        characters: who should be in it.
        shown: by character, `(k, d)` of its references or training pictures.
        crop_ids: n ids of the training pictures.
        training: `(n, d)`, in the order of `crop_ids`.
        copy_threshold: similarity to one training picture from which the panel counts as a copy.
        prompt: `(d,)` of the prompt's text by a model that embeds texts and pictures in one space;
            None when the model cannot, and then alignment is not known (never 0).
    """
    likeness = {name: _likeness(panel, rows) for name, rows in shown.items()}
    known = {name: value for name, value in likeness.items() if value is not None}
    nearest_crop, nearest = _nearest(panel, crop_ids, training)
    return PanelScore(
        on_model=tuple(
            CharacterLikeness(character=name, similarity=likeness.get(name))
            for name in dict.fromkeys(characters)
        ),
        nearest_character=min(known, key=lambda name: (-known[name], name), default=None),
        alignment=None if prompt is None else _cosine(float(panel @ prompt)),
        nearest_crop=nearest_crop,
        nearest_similarity=nearest,
        copy_of=nearest_crop if nearest is not None and nearest >= copy_threshold else None,
    )


def _likeness(panel: Vector, rows: Vectors) -> float | None:
    if not len(rows):
        return None
    nearest = np.sort(rows @ panel)[-NEAREST:]
    return _cosine(float(nearest.mean()))


def _nearest(
    panel: Vector, crop_ids: Sequence[str], training: Vectors
) -> tuple[str | None, float | None]:
    if not len(crop_ids):
        return None, None
    similarity = training @ panel
    place = int(similarity.argmax())
    return crop_ids[place], _cosine(float(similarity[place]))


def _cosine(value: float) -> float:
    """Clipped to [-1, 1], which float rounding can exceed."""
    return min(1.0, max(-1.0, value))

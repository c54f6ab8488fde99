"""Identity: how near a picture is to held-out pictures of a character, on a scale of its own.

An embedding gives every pair of pictures of a film a high cosine. So a cosine is put on a scale:
0 is the mean similarity of the held-out pictures to other characters, 1 is the mean similarity to
pictures of the same character in other shots. This is min-max scaling by two measured ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from onmodel.contracts.arrays import Vector, Vectors

LEAST_RANGE = 0.02
"""Of a scale: with less, the embedding does not tell the characters apart, and a quotient by it is
noise."""


@dataclass(frozen=True, eq=False)
class PicturesOfCharacter:
    """Pictures of one character in a dataset.

    Attributes:
        vectors: `(n, d)` float32, rows of unit length.
        shots: n values; equal ones are of the same shot.
        held_out: `(n,)` bool: never trained on.
    """

    vectors: Vectors
    shots: Sequence[tuple[str, int]]
    held_out: np.typing.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scale:
    """The scale of a character: `of` gives 0 at the floor, 1 at the ceiling; may go beyond both."""

    held_out: Vectors
    floor: float
    ceiling: float

    def of(self, vector: Vector) -> float:
        """(cos(picture, held-out pictures) - floor) / (ceiling - floor), means over pictures."""
        similarity = float((self.held_out @ vector).mean())
        return (similarity - self.floor) / (self.ceiling - self.floor)


def scales(
    characters: Mapping[str, PicturesOfCharacter],
) -> tuple[dict[str, Scale], dict[str, str]]:
    """The scale of each character, and why others have none.

    Returns:
        Scales by character; sentences by character, which say what is missing.
    """
    found: dict[str, Scale] = {}
    why_not: dict[str, str] = {}
    for name, own in characters.items():
        others = [p.vectors for other, p in characters.items() if other != name and len(p.vectors)]
        if not own.held_out.any():
            why_not[name] = "has no held-out picture: all of its shots were trained on"
            continue
        if not others:
            why_not[name] = "is the only character, so there is none to compare with"
            continue
        held_out = own.vectors[own.held_out]
        ceiling = _to_other_shots(own)
        if ceiling is None:
            why_not[name] = "has pictures of one shot only"
            continue
        floor = float((held_out @ np.concatenate(others).T).mean())
        if ceiling - floor < LEAST_RANGE:
            why_not[name] = "is not told apart from the other characters by the embedding"
            continue
        found[name] = Scale(held_out, floor, ceiling)
    return found, why_not


def _to_other_shots(own: PicturesOfCharacter) -> float | None:
    """Mean cosine of held-out pictures to the character's pictures of other shots."""
    shot_numbers = {shot: number for number, shot in enumerate(dict.fromkeys(own.shots))}
    shots = np.array([shot_numbers[shot] for shot in own.shots])
    similarity = own.vectors[own.held_out] @ own.vectors.T
    differ = shots[own.held_out][:, None] != shots[None, :]
    return float(similarity[differ].mean()) if differ.any() else None

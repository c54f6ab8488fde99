"""A caption from measurements: the light, the colours above and below, the sharpness, the sides.

Every part has several wordings, and the picture's bytes choose them: captions of many pictures
have few words in common, as a model's have, and one picture always gets the same caption. The
figure's own colours are left out, as the prompt asks.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import permutations
from random import Random
from typing import TypeVar

from onmodel_local.vision.describing import Description

T = TypeVar("T")

_LIGHT: dict[str, tuple[str, ...]] = {
    "dim": ("in dim light", "where little light falls", "half hidden by shadow", "darkly lit"),
    "bright": (
        "in bright light",
        "where much light falls",
        "strongly lit",
        "with hardly a shadow",
    ),
    "even": ("evenly lit", "in even light", "in a light without contrast", "mildly lit"),
}
_BETWEEN = (
    "with {above} above and {below} below",
    "between {above} overhead and {below} underneath",
    "where {above} turns into {below} further down",
    "{below} along the lower edge, {above} higher up",
    "from {above} at the upper edge down to {below}",
)
_SURROUNDED = (
    "before nothing but {above}",
    "{above} on every side",
    "surrounded by {above}",
    "in front of so much {above}",
    "with only {above} behind",
)
_SIDE: dict[str, tuple[str, ...]] = {
    "the left": (
        "brighter on the left",
        "the left half paler",
        "shade to the right",
        "lighter towards the left",
    ),
    "the right": (
        "brighter on the right",
        "the right half paler",
        "shade to the left",
        "lighter towards the right",
    ),
    "both sides": (
        "as bright left as right",
        "neither half darker",
        "shade on no side",
        "light from all around",
    ),
}
_TEXTURE: dict[str, tuple[str, ...]] = {
    "softly": ("in soft outlines", "without hard edges", "smoothly drawn", "a little blurred"),
    "clearly": ("in clear outlines", "with plain edges", "clearly drawn", "easy to make out"),
    "crisply": ("in sharp outlines", "every edge crisp", "finely drawn", "full of fine detail"),
}
_SHOWN = (
    "{who} is seen",
    "{who} comes into view",
    "this is {who}",
    "{who} stands out",
    "there is {who}",
)
_BESIDE = ("beside {others}", "together with {others}", "next to {others}", "{others} close by")


def caption(
    description: Description,
    name: str | None,
    beside: Sequence[str],
    body: bytes,
    *,
    is_again: bool,
) -> str:
    """One sentence.

    Args:
        description: the measurements.
        name: of the figure in the middle; None for nobody's.
        beside: names of the others that were recognised.
        body: the picture: it chooses the wordings.
        is_again: the same measurements in other words, for who asks again.
    """
    random = Random(zlib.crc32(body))

    def one(choices: Sequence[T]) -> T:
        """For who asks again the next one of each."""
        return choices[(random.randrange(len(choices)) + is_again) % len(choices)]

    who = one(_SHOWN).format(who=name or "somebody")
    above, below = description.above, description.below
    if is_again:  # without the shade
        above, below = above.split()[-1], below.split()[-1]
    around = _SURROUNDED if above == below else _BETWEEN
    parts = [
        one(_LIGHT[description.light]),
        one(around).format(above=above, below=below),
        one(_SIDE[description.heavier_side]),
        one(_TEXTURE[description.texture]),
    ]
    if beside:
        who = f"{who} {one(_BESIDE).format(others=' and '.join(beside))}"
    order = one(list(permutations(parts)))
    place = one(range(3))  # the figure first, second or third
    said = ", ".join([*order[:place], who, *order[place:]])
    return f"{said[0].upper()}{said[1:]}."

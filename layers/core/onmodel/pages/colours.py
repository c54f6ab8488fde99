"""A character's colour: the same on every page and in every run of a production."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

HUES = 8
"""Colours in the style sheet; more characters share them."""


def hues(characters: Iterable[str]) -> dict[str, int]:
    """A colour from 1 to HUES for each character, by its id alone.

    Args:
        characters: ids of all that the production has, also of those that a page does not show:
            only a new character with the same first colour can move another one's.
    """
    found: dict[str, int] = {}
    for slug in sorted(set(characters)):
        first = zlib.crc32(slug.encode()) % HUES
        free = [hue for hue in range(HUES) if hue + 1 not in found.values()]
        wanted = next(((first + step) % HUES for step in range(HUES)
                       if (first + step) % HUES in free), first)  # fmt: skip
        found[slug] = wanted + 1
    return found

"""Cast: who is in a picture, and who should be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from onmodel.contracts.arrays import Vector
from onmodel.judging.identity import Scale

LEAST_IDENTITY = 0.5
"""Half-way between other characters and the character's own pictures: nearer to its own."""


@dataclass(frozen=True)
class Cast:
    """Who was found in one picture."""

    present: frozenset[str]
    strangers: int


def find_cast(figures: Sequence[Vector], known: Mapping[str, Scale]) -> Cast:
    """Assign figures to characters: the likeliest pair first, each figure and character once.

    A figure that is not nearer to a character's own pictures than to those of others is a stranger.

    Args:
        figures: vectors of the figures that were found in one picture.
        known: scales by character.
    """
    pairs = sorted(
        (
            (scale.of(figure), name, place)
            for place, figure in enumerate(figures)
            for name, scale in known.items()
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    by_figure: dict[int, str] = {}
    for identity, name, place in pairs:
        if identity < LEAST_IDENTITY:
            break
        if place not in by_figure and name not in by_figure.values():
            by_figure[place] = name
    return Cast(frozenset(by_figure.values()), len(figures) - len(by_figure))


def agreement(expected: Collection[str], cast: Cast) -> float:
    """Share of those who should be there or are there that are both; strangers count as surplus.

    The Jaccard index of the two sets of figures.
    """
    wanted = set(expected)
    everybody = len(wanted | cast.present) + cast.strangers
    return len(wanted & cast.present) / everybody if everybody else 1.0


def bleed(pictures: Iterable[tuple[Collection[str], Cast]]) -> dict[str, dict[str, float]]:
    """Who appears in pictures that asked for somebody else.

    Args:
        pictures: who should be there, and who is.

    Returns:
        By the character that was asked for and the other one: share of the pictures that asked for
        the first and not for the second in which the second was found. 0 is not written.
    """
    asked: dict[str, dict[str, list[bool]]] = {}
    listed = [(set(expected), cast) for expected, cast in pictures]
    everybody = sorted({name for _, cast in listed for name in cast.present})
    for expected, cast in listed:
        for trigger in expected:
            for other in everybody:
                if other not in expected:
                    row = asked.setdefault(trigger, {})
                    row.setdefault(other, []).append(other in cast.present)
    return {
        trigger: {other: sum(seen) / len(seen) for other, seen in row.items() if any(seen)}
        for trigger, row in sorted(asked.items())
        if any(any(seen) for seen in row.values())
    }

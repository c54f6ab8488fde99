from __future__ import annotations

import numpy as np
import pytest

from onmodel.judging.cast import Cast, agreement, bleed, find_cast
from onmodel.judging.identity import Scale


def scale(x: float, y: float) -> Scale:
    return Scale(held_out=np.array([(x, y)], np.float32), floor=0.0, ceiling=1.0)


KNOWN = {"buck": scale(1, 0), "frank": scale(0, 1)}


def figure(x: float, y: float) -> np.typing.NDArray[np.float32]:
    return np.array((x, y), np.float32)


def test_cast_when_figures_are_near_then_each_character_once_and_others_strangers() -> None:
    assert find_cast([figure(0.9, 0.1), figure(0.1, 0.8)], KNOWN) == Cast(
        frozenset({"buck", "frank"}), 0
    )
    twice = find_cast([figure(0.9, 0), figure(0.95, 0)], KNOWN)
    assert twice == Cast(frozenset({"buck"}), 1)
    assert find_cast([figure(0.4, 0.4)], KNOWN) == Cast(frozenset(), 1)
    assert find_cast([], KNOWN) == Cast(frozenset(), 0)


def test_cast_when_two_figures_fit_one_character_then_the_other_gets_its_next() -> None:
    found = find_cast([figure(0.9, 0.6), figure(0.95, 0)], KNOWN)
    assert found == Cast(frozenset({"buck", "frank"}), 0)


@pytest.mark.parametrize(
    ("expected", "cast", "value"),
    [
        ({"buck"}, Cast(frozenset({"buck"}), 0), 1),
        ({"buck"}, Cast(frozenset(), 0), 0),
        ({"buck", "frank"}, Cast(frozenset({"buck"}), 0), 1 / 2),
        ({"buck"}, Cast(frozenset({"buck", "frank"}), 0), 1 / 2),
        ({"buck"}, Cast(frozenset({"buck"}), 2), 1 / 3),
        (set(), Cast(frozenset(), 0), 1),
    ],
)
def test_agreement_when_computed_by_hand_then_the_same(
    expected: set[str], cast: Cast, value: float
) -> None:
    assert agreement(expected, cast) == pytest.approx(value)


def test_bleed_when_a_trigger_brings_another_character_then_its_share() -> None:
    both = frozenset({"buck", "frank"})
    found = bleed(
        [
            ({"buck"}, Cast(both, 0)),
            ({"buck"}, Cast(frozenset({"buck"}), 0)),
            ({"frank"}, Cast(frozenset({"frank"}), 0)),
            ({"buck", "frank"}, Cast(both, 0)),
        ]
    )
    assert found == {"buck": {"frank": 0.5}}

from __future__ import annotations

from onmodel.pages.colours import HUES, hues

CAST = ["buck", "frank", "gamera", "rinky"]


def test_colours_when_a_run_shows_other_characters_then_each_keeps_its_own() -> None:
    assert hues(CAST) == hues(reversed([*CAST, *CAST]))
    assert set(hues(CAST)) == set(CAST)


def test_colours_when_there_are_no_more_than_hues_then_all_differ() -> None:
    many = hues(f"character-{number}" for number in range(HUES))
    assert sorted(many.values()) == list(range(1, HUES + 1))
    more = hues(f"character-{number}" for number in range(3 * HUES))
    assert set(more.values()) == set(range(1, HUES + 1))

from __future__ import annotations

import numpy as np
import pytest
from fakes.crops import numbered_crops

from onmodel.namers.threshold import (
    LEAST_SIMILARITY,
    MOST_LEFT_OUT,
    SURE_MARGIN,
    Scores,
    count_misnamed,
    measure_limits,
)
from onmodel.vision.track_groups import Tracks


def tracks(number: int) -> Tracks:
    """Each of one crop, in a frame of its own."""
    return Tracks.of(numbered_crops(number))


def scores(*rows: tuple[float, ...]) -> Scores:
    return np.array(rows, np.float64)


FAR_APART = [np.array([[1, 0]], np.float32), np.array([[0, 1]], np.float32)]
"""References of two characters, with a cosine of 0."""


def test_measure_when_tracks_are_sure_then_half_way_from_their_next_character_to_their_own() -> (
    None
):
    sure = scores((0.9, 0.3), (0.8, 0.3), (0.2, 0.7))
    others = np.quantile([0.3, 0.3, 0.2], 0.8)
    least, most_next = measure_limits(tracks(3), sure, FAR_APART)
    assert least == pytest.approx(others + 0.5 * (0.8 - others))
    assert most_next == pytest.approx(others + 0.4 * (0.8 - others))


def test_measure_when_no_track_is_sure_then_the_least_similarity() -> None:
    close = scores((0.5, 0.5 - SURE_MARGIN / 2), (0.4, 0.4))
    assert measure_limits(tracks(2), close, FAR_APART) == (LEAST_SIMILARITY, LEAST_SIMILARITY)


def test_measure_when_references_of_characters_are_alike_then_a_name_needs_more() -> None:
    alike = [np.array([[1, 0]], np.float32), np.array([[0.96, 0.28]], np.float32)]
    sure = scores((0.9, 0.3), (0.3, 0.9))
    least, _ = measure_limits(tracks(2), sure, alike)
    assert least == pytest.approx(0.96, abs=1e-6)  # their own 0.9 lies below it
    assert measure_limits(tracks(2), sure, FAR_APART)[0] == pytest.approx(0.6)


def test_count_when_a_character_is_left_out_then_its_tracks_with_another_name_are_misnamed() -> (
    None
):
    names = [0, 0, 0, 1, None, 1]
    without = {0: [1, None, 1, 1, 1, 1], 1: [0, 0, 0, None, 0, None]}
    assert count_misnamed(names, without.__getitem__) == (5, 2)


def test_count_when_nobody_is_named_then_nobody_is_tried() -> None:
    assert count_misnamed([None, None], lambda _: pytest.fail("left out")) == (0, 0)


def test_count_when_there_are_many_characters_then_those_of_most_tracks_are_tried() -> None:
    names = [0, *[character for character in range(1, MOST_LEFT_OUT + 1) for _ in range(2)]]
    asked: list[int] = []

    def without(character: int) -> list[int | None]:
        asked.append(character)
        return [None] * len(names)

    assert count_misnamed(names, without) == (2 * MOST_LEFT_OUT, 0)
    assert sorted(asked) == list(range(1, MOST_LEFT_OUT + 1))

from __future__ import annotations

import numpy as np
import pytest

from onmodel.contracts.judging import Structure
from onmodel.judging.copies import LEAST_PICTURES, copy_threshold, is_copy


def on_circle(degrees: float) -> tuple[float, float]:
    return np.cos(np.radians(degrees)), np.sin(np.radians(degrees))


def test_threshold_when_computed_by_hand_then_the_same() -> None:
    """Pairs of shots, 10 degrees apart, and 26 to the next pair."""
    angles = [base + side for base in range(0, 360, 36) for side in (0, 10)]
    vectors = np.array([on_circle(angle) for angle in angles], np.float32)
    each_a_shot = [("film", number) for number in range(len(angles))]
    assert copy_threshold(vectors, each_a_shot) == pytest.approx(np.cos(np.radians(10)), abs=1e-6)
    pairs = [("film", number // 2) for number in range(len(angles))]
    assert copy_threshold(vectors, pairs) == pytest.approx(np.cos(np.radians(26)), abs=1e-6)


def test_threshold_when_too_few_pictures_or_one_shot_then_none() -> None:
    vectors = np.tile(np.array([[1, 0]], np.float32), (LEAST_PICTURES, 1))
    numbers = range(LEAST_PICTURES)
    assert copy_threshold(vectors, [("film", 1) for _ in numbers]) is None
    assert copy_threshold(vectors[1:], [("film", n) for n in numbers][1:]) is None
    assert copy_threshold(vectors, [("film", n) for n in numbers]) == pytest.approx(1)


COPIED = Structure(same_way=0.9, mirrored=0.3)


@pytest.mark.parametrize(
    ("similarity", "threshold", "structure", "copied"),
    [
        (0.95, 0.9, COPIED, True),
        (0.9, 0.9, COPIED, False),
        (0.95, 0.9, Structure(same_way=0.8, mirrored=0.3), False),
        (0.95, 0.9, Structure(same_way=0.9, mirrored=0.95), False),
        (0.95, None, COPIED, False),
        (0.95, 0.9, None, False),
    ],
)
def test_copy_when_all_three_agree_then_a_copy(
    similarity: float, threshold: float | None, structure: Structure | None, copied: bool
) -> None:
    assert is_copy(similarity, threshold, structure) is copied

from __future__ import annotations

import numpy as np
import pytest

from onmodel.judging.diversity import mean_difference, vendi_score

SAME = np.array([[1, 0], [1, 0], [1, 0]], np.float32)
DIFFERENT = np.eye(3, dtype=np.float32)


def test_diversity_when_computed_by_hand_then_the_same() -> None:
    assert mean_difference(SAME) == pytest.approx(0)
    assert mean_difference(DIFFERENT) == pytest.approx(1)
    mixed = np.array([[1, 0], [1, 0], [0, 1]], np.float32)  # pairs: 0, 1, 1
    assert mean_difference(mixed) == pytest.approx(2 / 3)
    assert vendi_score(SAME) == pytest.approx(1)
    assert vendi_score(DIFFERENT) == pytest.approx(3)
    shares = np.array([2 / 3, 1 / 3])
    assert vendi_score(mixed) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))


def test_diversity_when_one_picture_then_unknown() -> None:
    assert mean_difference(SAME[:1]) is None
    assert vendi_score(SAME[:1]) is None

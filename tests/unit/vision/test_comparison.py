import numpy as np
import pytest

from onmodel.vision.comparison import learn_comparison


def test_learn_when_nothing_repeats_then_vectors_stay() -> None:
    rows = np.eye(4, dtype=np.float32)
    same = learn_comparison([rows[:1], rows[1:2]], 4).apply(rows)
    assert np.array_equal(same, rows)


def test_learn_when_one_direction_varies_within_groups_then_it_counts_less() -> None:
    light = np.array([0, 0, 1.0])
    first, second = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
    rows = np.stack([first, first + light, second, second + light]).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    compared = learn_comparison([rows[:2], rows[2:]], 3).apply(rows)
    assert float(rows[0] @ rows[1]) == pytest.approx(0.707, abs=1e-3)
    assert float(compared[0] @ compared[1]) > 0.85
    before = float(rows[0] @ rows[1] - rows[1] @ rows[3])
    assert float(compared[0] @ compared[1] - compared[1] @ compared[3]) > before


def test_apply_when_learned_then_rows_have_unit_length() -> None:
    rows = np.random.default_rng(0).standard_normal((40, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    compared = learn_comparison([rows[:20], rows[20:]], 16).apply(rows)
    assert np.linalg.norm(compared, axis=1) == pytest.approx(1, abs=1e-5)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.video.shots.signatures import (
    CELLS,
    QUANTILES,
    SIGNATURE_SIZE,
    correlation,
    distance,
    is_blank,
    is_certainly_within,
    quantiles,
)


def signature(seed: int, spread: float = 0.6) -> np.ndarray:
    random = np.random.default_rng(seed)
    grids = random.random(3 * CELLS) * spread + 0.2
    colours = np.sort(random.random((3, QUANTILES)) * spread + 0.2)
    return np.concatenate([grids, colours.ravel()]).astype(np.float32)


def test_distance_when_pictures_are_equal_then_zero_and_otherwise_symmetric():
    one, other = signature(0), signature(1)
    assert len(one) == SIGNATURE_SIZE
    assert distance(one, one) == pytest.approx(0, abs=1e-3)
    assert distance(one, other) == pytest.approx(distance(other, one))
    assert distance(one, other) > 0.05


def test_distance_when_grid_or_quantiles_are_equal_then_zero():
    one, other = signature(0), signature(1)
    moved, recoloured = one.copy(), one.copy()
    moved[: 3 * CELLS] = other[: 3 * CELLS]
    recoloured[3 * CELLS :] = other[3 * CELLS :]
    assert distance(one, moved) == 0
    assert distance(one, recoloured) == pytest.approx(0, abs=1e-3)


def test_correlation_when_dimmed_then_one_and_when_another_scene_then_low():
    one, other = signature(0), signature(1)
    dimmed = one.copy()
    dimmed[:CELLS] = 16 / 255 + (one[:CELLS] - 16 / 255) * 0.1
    dimmed[CELLS : 3 * CELLS] = 0.5 + (one[CELLS : 3 * CELLS] - 0.5) * 0.1
    assert correlation(one, dimmed) == pytest.approx(1, abs=1e-4)
    assert correlation(one, other) < 0.5


def test_quantiles_when_values_are_uniform_then_evenly_spaced_in_any_order():
    points = np.arange(256, dtype=np.uint8)
    np.random.default_rng(0).shuffle(points)
    even = [8 + 16 * step for step in range(QUANTILES)]
    assert quantiles(points.reshape(16, 16)).tolist() == [even]
    merged = np.stack([points, 255 - points], axis=-1).reshape(16, 16, 2)
    assert quantiles(merged).tolist() == [even, even]


@pytest.mark.parametrize(("spread", "nothing"), [(0, True), (0.01, True), (0.06, False)])
def test_is_blank_when_luma_is_flat_then_true(spread, nothing):
    assert is_blank(signature(0, spread)) is nothing


@given(st.integers(0, 99), st.integers(0, 99), st.floats(0, 1), st.floats(0.2, 1.5))
def test_is_certainly_within_when_true_then_distance_is_within_too(seed, other, blend, gain):
    one, another = signature(seed), signature(other)
    second = ((one * (1 - blend) + another * blend) * np.float32(gain)).clip(0, 1)
    apart = distance(one, second)
    assert apart < 1e-3 or not is_certainly_within(one, second, apart * 0.999)


def test_is_certainly_within_when_pictures_are_nearly_equal_then_true():
    one, another = signature(0), signature(1)
    assert is_certainly_within(one, one * np.float32(0.98), 0.06)
    assert not is_certainly_within(one, another, 0.06)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.judging.intervals import difference_over_scenes, interval_over_scenes


def test_interval_when_scenes_have_different_numbers_of_pictures_then_mean_of_means() -> None:
    found = interval_over_scenes({1: [0.0, 0.0, 0.0], 2: [1.0]})
    assert found is not None
    assert found.mean == 0.5
    assert (found.low, found.high, found.scenes) == (0.0, 1.0, 2)


def test_interval_when_one_scene_then_no_interval_and_when_none_then_nothing() -> None:
    one = interval_over_scenes({1: [0.2, 0.4], 2: []})
    assert one is not None
    assert one.mean == pytest.approx(0.3)
    assert (one.low, one.high, one.scenes) == (None, None, 1)
    assert interval_over_scenes({1: []}) is None


def test_interval_when_computed_then_as_wide_as_the_normal_one() -> None:
    """With many scenes the percentile interval is the mean +- 1.96 standard errors."""
    values = np.random.default_rng(1).normal(0.4, 0.2, 400)
    found = interval_over_scenes({n: [float(v)] for n, v in enumerate(values)})
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    error = values.std() / np.sqrt(400)
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)


@given(st.dictionaries(st.integers(1, 9), st.lists(st.floats(0, 1), max_size=4), max_size=9))
def test_interval_when_any_then_holds_the_mean_and_is_repeatable(
    values: dict[int, list[float]],
) -> None:
    found = interval_over_scenes(values)
    assert found == interval_over_scenes(values)
    if found and found.low is not None and found.high is not None:
        assert found.low - 1e-9 <= found.mean <= found.high + 1e-9


def test_difference_when_scenes_are_hard_and_easy_then_only_the_difference_counts() -> None:
    ours = {1: [0.9], 2: [0.5], 3: [0.1], 4: [1.0]}
    theirs = {1: [0.8], 2: [0.4], 3: [0.0], 5: [0.0]}
    found = difference_over_scenes(ours, theirs)
    assert found is not None
    assert found.scenes == 3
    assert (found.low, found.mean, found.high) == pytest.approx((0.1, 0.1, 0.1))

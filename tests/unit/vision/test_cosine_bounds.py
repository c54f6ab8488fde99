import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onmodel.vision import cosine_bounds
from onmodel.vision.cosine_bounds import (
    cosines_of_pairs,
    leading_directions,
    short_vectors,
    shorten,
)

Vectors = npt.NDArray[np.float32]


def unit(rows: npt.NDArray[np.floating]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(0, 10_000), st.integers(1, 20), st.floats(0, 3))
def test_shorten_when_multiplied_then_no_product_is_below_the_cosine(
    count: int, seed: int, directions: int, common: float
) -> None:
    random = np.random.default_rng(seed)
    vectors = unit(common + random.standard_normal((count, 20)) * np.linspace(1, 0, 20) ** 3)
    turned = leading_directions(vectors)
    short = shorten(vectors, turned[:, :directions])
    assert short.shape == (count, directions + 1)
    assert np.all(short @ short.T >= vectors.astype(float) @ vectors.T.astype(float) - 1e-6)
    assert np.allclose(turned.T @ turned, np.eye(20), atol=1e-5)


def test_shorten_when_nothing_is_left_out_then_products_are_the_cosines() -> None:
    random = np.random.default_rng(1)
    vectors = unit(random.standard_normal((50, 3)) @ random.standard_normal((3, 64)))
    short = shorten(vectors, leading_directions(vectors)[:, :3])
    assert np.allclose(short @ short.T, vectors @ vectors.T, atol=1e-5)


@pytest.mark.parametrize(
    ("common", "falling", "threshold", "width"),
    [
        (0.0, 0.0, 0.95, 16),
        (0.0, 0.0, 0.9, 32),
        (0.0, 0.0, 0.1, None),
        (0.2, 0.5, 0.9, 16),
        (2.0, 0.0, 0.1, 16),
    ],
    ids=["spread", "spread, lower", "spread, low", "concentrated", "all are alike"],
)
def test_short_vectors_when_asked_then_as_wide_as_is_quickest(
    monkeypatch: pytest.MonkeyPatch,
    common: float,
    falling: float,
    threshold: float,
    width: int | None,
) -> None:
    for name, value in (("LEAST_ROWS", 400), ("TURNED_BY", 200), ("TRIED_ON", 100)):
        monkeypatch.setattr(cosine_bounds, name, value)
    monkeypatch.setattr(cosine_bounds, "WIDTHS", (16, 32, 64))
    numbers = np.random.default_rng(1).standard_normal((400, 64))
    vectors = unit(common + numbers * np.arange(1, 65) ** -falling)
    short = short_vectors(vectors, threshold)
    assert (None if short is None else short.shape) == (width and (400, width))
    assert short_vectors(vectors[:399], threshold) is None


@pytest.mark.parametrize("pair_cost", [1, 1000])
def test_cosines_of_pairs_when_one_by_one_or_at_once_then_the_same(
    monkeypatch: pytest.MonkeyPatch, pair_cost: int
) -> None:
    monkeypatch.setattr(cosine_bounds, "PAIR_COST", pair_cost)
    monkeypatch.setattr(cosine_bounds, "AT_ONCE", 2)
    vectors = unit(np.random.default_rng(1).standard_normal((9, 6)))
    first, second = np.array([8, 1, 3]), np.array([0, 2, 8, 4])
    rows, columns = np.array([0, 0, 2, 1, 0]), np.array([2, 1, 3, 0, 2])
    found = cosines_of_pairs(vectors, first, second, (rows, columns))
    expected = np.sum(vectors[first[rows]] * vectors[second[columns]], axis=1)
    assert np.allclose(found, expected, atol=1e-6)

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onmodel.vision import cosine_bounds, duplicates
from onmodel.vision.duplicates import (
    MOST_COMPARED,
    ROUNDING,
    WITHIN_TRACK,
    find_duplicates,
    find_track_duplicates,
)

Vectors = npt.NDArray[np.float32]


def naive(
    vectors: Vectors,
    quality: npt.NDArray[np.float64],
    threshold: float,
    apart: frozenset[frozenset[int]] = frozenset(),
) -> list[int]:
    """The definition, one pair at a time."""
    answer = [-1] * len(vectors)
    kept: list[int] = []
    for row in sorted(range(len(vectors)), key=lambda i: (-quality[i], i)):
        alike = [
            k
            for k in kept
            if vectors[row] @ vectors[k] >= threshold - ROUNDING
            and frozenset((k, row)) not in apart
        ]
        if alike:
            answer[row] = alike[0]
        else:
            kept.append(row)
    return answer


def unit(rows: npt.NDArray[np.floating]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def drifting(count: int, dimensions: int, seed: int) -> Vectors:
    """A slow pan with cuts: neighbours are alike, the ends of a shot are not."""
    random = np.random.default_rng(seed)
    steps = random.normal(0, 0.35, (count, dimensions))
    steps[:: max(1, count // 5)] *= 20
    return unit(np.cumsum(steps, axis=0) + random.normal(0, 0.01, (count, dimensions)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 90), st.integers(0, 10_000), st.floats(0.5, 0.99), st.integers(1, 40))
def test_find_duplicates_when_blocked_then_as_one_by_one(
    count: int, seed: int, threshold: float, block: int
) -> None:
    vectors = drifting(count, 12, seed)
    quality = np.random.default_rng(seed).integers(0, 5, count).astype(float)  # many ties
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "BLOCK_ROWS", block)
        patch.setattr(duplicates, "TILE_ROWS", 7)
        found = find_duplicates(vectors, quality, threshold)
    assert found.dtype == np.int64
    assert found.tolist() == naive(vectors, quality, threshold)


def all_equal(count: int, dimensions: int, seed: int) -> Vectors:
    return np.tile(drifting(1, dimensions, seed), (count, 1))


def some_equal(count: int, dimensions: int, seed: int) -> Vectors:
    few = np.random.default_rng(seed).standard_normal((5, dimensions))
    return unit(few[np.arange(count) % 5])


def concentrated(count: int, dimensions: int, seed: int) -> Vectors:
    """Cosines of 0.8 and more between all, as of pictures of one film."""
    random = np.random.default_rng(seed)
    return unit(1.5 + random.standard_normal((count, dimensions)) * np.linspace(1, 0.1, dimensions))


def spread(count: int, dimensions: int, seed: int) -> Vectors:
    return unit(np.random.default_rng(seed).standard_normal((count, dimensions)))


def without_rest(count: int, dimensions: int, seed: int) -> Vectors:
    """All in a plane: two numbers say all of a vector."""
    random = np.random.default_rng(seed)
    return unit(random.standard_normal((count, 2)) @ random.standard_normal((2, dimensions)))


def at_the_threshold(count: int, dimensions: int, seed: int) -> Vectors:
    """Cosines of 0.8 to one vector, but for rounding; 0.64 and less among the others."""
    turned = np.linalg.qr(np.random.default_rng(seed).standard_normal((dimensions, dimensions)))[0]
    others = 0.8 * turned[0] + 0.6 * turned[1 + np.arange(count) % (dimensions - 1)]
    return unit(np.concatenate([turned[:1], others])[:count])


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(
        [
            all_equal,
            some_equal,
            concentrated,
            spread,
            without_rest,
            at_the_threshold,
            drifting,
        ]
    ),
    st.integers(8, 80),
    st.integers(0, 10_000),
    st.sampled_from([0.3, 0.6, 0.8, 0.92, 0.99, 1.0]),
    st.integers(1, 40),
    st.sampled_from([2, 3, 7, 11]),
    st.sampled_from([1, 10_000]),
    st.booleans(),
)
def test_find_duplicates_when_short_vectors_bound_then_as_one_by_one(
    drawn: Callable[[int, int, int], Vectors],
    count: int,
    seed: int,
    threshold: float,
    block: int,
    width: int,
    pair_cost: int,
    by_groups: bool,
) -> None:
    vectors = drawn(count, 12, seed)
    random = np.random.default_rng(seed)
    quality = random.integers(0, 5, count).astype(float)
    groups = random.integers(0, 4, count) if by_groups else np.arange(count)
    same_group = {
        frozenset((a, b)) for a in range(count) for b in range(a) if groups[a] == groups[b]
    }
    told = [(int(a), int(b)) for a, b in random.integers(0, count, (5, 2)) if a != b]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "BLOCK_ROWS", block)
        patch.setattr(duplicates, "TILE_ROWS", 7)
        patch.setattr(duplicates, "MANY", 0.1 * pair_cost)
        for name, value in (("LEAST_ROWS", 0), ("TURNED_BY", 5), ("TRIED_ON", 3), ("AT_ONCE", 4)):
            patch.setattr(cosine_bounds, name, value)
        patch.setattr(cosine_bounds, "WIDTHS", (width,))
        patch.setattr(cosine_bounds, "PAIR_COST", 0)  # so that short vectors are used, always
        short = cosine_bounds.short_vectors(vectors, threshold)
        patch.setattr(cosine_bounds, "PAIR_COST", pair_cost)
        patch.setattr(duplicates, "short_vectors", lambda *_: short)
        found = find_duplicates(vectors, quality, threshold, groups, told)
    assert short is not None
    assert short.shape == (count, width)
    apart = frozenset({frozenset(pair) for pair in told} | same_group)
    assert found.tolist() == naive(vectors, quality, threshold, apart)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 60), st.integers(0, 10_000), st.integers(1, 20), st.integers(1, 60), st.data()
)
def test_find_duplicates_when_pairs_are_told_apart_then_as_one_by_one_without_them(
    count: int, seed: int, block: int, pairs: int, data: st.DataObject
) -> None:
    vectors = drifting(count, 12, seed)
    random = np.random.default_rng(seed)
    quality = random.integers(0, 5, count).astype(float)
    told = [(int(a), int(b)) for a, b in random.integers(0, count, (pairs, 2)) if a != b]
    threshold = data.draw(st.floats(0.3, 0.95))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "BLOCK_ROWS", block)
        patch.setattr(duplicates, "TILE_ROWS", 7)
        found = find_duplicates(vectors, quality, threshold, apart=told)
    apart = frozenset(frozenset(pair) for pair in told)
    assert found.tolist() == naive(vectors, quality, threshold, apart)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 50), st.integers(0, 10_000), st.integers(1, 40))
def test_find_track_duplicates_when_pairs_are_told_apart_then_neither_stands_for_the_other(
    count: int, seed: int, pairs: int
) -> None:
    vectors = drifting(count, 12, seed)
    random = np.random.default_rng(seed)
    quality, tracks = random.random(count), random.integers(0, 5, count)
    told = [(int(a), int(b)) for a, b in random.integers(0, count, (pairs, 2)) if a != b]
    found = find_track_duplicates(
        vectors, quality, tracks, np.arange(count, dtype=float), 0.7,
        change=lambda *_: 0.0, least_change=1, apart=told,
    )  # fmt: skip
    apart = {frozenset(pair) for pair in told}
    dropped = np.flatnonzero(found >= 0)
    assert not any(frozenset((int(row), int(found[row]))) in apart for row in dropped)
    assert set(found[dropped]) <= set(np.flatnonzero(found < 0))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 400), st.integers(0, 10_000), st.floats(0.5, 1.0))
def test_find_duplicates_when_done_then_each_dropped_is_like_its_kept_and_no_two_kept_are(
    count: int, seed: int, threshold: float
) -> None:
    vectors = drifting(count, 16, seed)
    quality = np.random.default_rng(seed).random(count)
    found = find_duplicates(vectors, quality, threshold)
    kept = np.flatnonzero(found == -1)
    dropped = np.flatnonzero(found != -1)
    assert set(found[dropped]) <= set(kept)
    pairs = np.sum(vectors[dropped] * vectors[found[dropped]], axis=1)
    assert np.all(pairs >= threshold - 2 * ROUNDING)
    assert np.all(quality[found[dropped]] >= quality[dropped])
    between = vectors[kept] @ vectors[kept].T
    np.fill_diagonal(between, -1)
    assert between.max(initial=-1) < threshold


def test_find_duplicates_when_equal_then_the_best_is_kept_and_ties_take_the_first() -> None:
    same = np.tile(unit(np.ones((1, 8))), (4, 1))
    assert find_duplicates(same, np.array([0.1, 0.9, 0.9, 0.2]), 1.0).tolist() == [1, -1, 1, 1]
    assert find_duplicates(same, np.zeros(4), 1.0).tolist() == [-1, 0, 0, 0]


def test_find_duplicates_when_a_chain_drifts_then_its_ends_both_stay() -> None:
    angles = np.radians([0, 20, 40])  # neighbours 0.94 alike, the ends 0.77
    chain = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert find_duplicates(chain, np.array([0.9, 0.5, 0.1]), 0.92).tolist() == [-1, 0, -1]


def test_find_duplicates_when_there_is_nothing_then_nothing() -> None:
    assert find_duplicates(np.zeros((0, 8), np.float32), np.zeros(0), 0.9).shape == (0,)


def test_find_duplicates_when_called_then_leaves_the_vectors_alone() -> None:
    vectors = drifting(50, 8, 1)
    before = vectors.copy()
    find_duplicates(vectors, np.arange(50.0), 0.9)
    assert np.array_equal(vectors, before)


def test_find_duplicates_when_9_000_then_few_pairs_are_compared_in_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    widths, compared = [], []

    def short(vectors: Vectors, threshold: float) -> Vectors | None:
        answer = cosine_bounds.short_vectors(vectors, threshold)
        widths.append(vectors.shape[1] if answer is None else answer.shape[1])
        return answer

    def in_full(vectors: Vectors, *rows: Any) -> Vectors:
        cosines = cosine_bounds.cosines_of_pairs(vectors, *rows)
        compared.append(len(cosines))
        return cosines

    monkeypatch.setattr(cosine_bounds, "LEAST_ROWS", 9000)
    monkeypatch.setattr(duplicates, "short_vectors", short)
    monkeypatch.setattr(duplicates, "cosines_of_pairs", in_full)
    random = np.random.default_rng(1)
    centres = np.repeat(random.standard_normal((3000, 256), np.float32), 3, axis=0)
    vectors = unit(centres + 0.1 * random.standard_normal((9000, 256), np.float32))
    found = find_duplicates(vectors, random.random(9000), 0.92)
    kept = (found == -1).sum()
    assert kept == 3000
    assert widths == [64]
    assert 9000 - kept <= sum(compared) < 2 * 9000  # of 9 million and more pairs


def unit_rows(count: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, 6))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@given(st.integers(0, 60), st.integers(0, 1000), st.floats(0.3, 0.95))
def test_find_track_duplicates_when_any_then_as_the_definition_says(
    count: int, seed: int, threshold: float
) -> None:
    vectors = unit_rows(count, seed)
    chance = np.random.default_rng(seed + 1)
    quality, tracks = chance.random(count), chance.integers(0, 5, count)
    frames = chance.integers(0, 40, count).astype(float)
    changes = chance.random((count, count)) * 14
    changes = (changes + changes.T) / 2
    found = find_track_duplicates(
        vectors, quality, tracks, frames, threshold,
        change=lambda one, other: changes[one, other], least_change=9,
    )  # fmt: skip
    cosines = vectors @ vectors.T
    best: list[int] = []
    for track in range(5):
        kept: list[int] = []
        for row in sorted(np.flatnonzero(tracks == track), key=lambda row: (-quality[row], row)):
            near = cosines[row] >= threshold - WITHIN_TRACK - 1e-5
            compared = sorted(kept, key=lambda other: -cosines[row, other])[:MOST_COMPARED]
            if not any(changes[row, other] < (9 if near[other] else 4.5) for other in compared):
                kept.append(int(row))
        best += kept
    final: list[int] = []
    alike = cosines >= threshold - 1e-5
    together = {
        (tracks[one], tracks[other])
        for one in range(count)
        for other in range(count)
        if frames[one] == frames[other]
    }
    for row in sorted(best, key=lambda row: (-quality[row], row)):
        if not any(
            alike[row, other] and (tracks[row], tracks[other]) not in together for other in final
        ):
            final.append(row)
    assert sorted(np.flatnonzero(found < 0)) == sorted(final)
    assert all(found[found[row]] < 0 for row in np.flatnonzero(found >= 0))


def test_find_track_duplicates_when_a_track_is_long_then_few_pictures_are_compared_with_each() -> (
    None
):
    compared = []

    def change(first: int, second: int) -> float:
        compared.append((first, second))
        return 200.0

    vectors, quality = unit_rows(300, 1), np.zeros(300)
    found = find_track_duplicates(
        vectors, quality, np.zeros(300, np.int64), np.arange(300.0), 0.9,
        change=change, least_change=10,
    )  # fmt: skip
    assert (found < 0).all()
    assert len(compared) < 300 * MOST_COMPARED


@pytest.mark.parametrize(
    ("tracks", "frames", "threshold", "change", "expected"),
    [
        ((0, 0), (1, 2), 0.93, 8, [-1, 0]),
        ((0, 0), (1, 2), 0.93, 12, [-1, -1]),
        ((0, 1), (1, 2), 0.93, 8, [-1, -1]),
        ((0, 1), (1, 2), 0.87, 12, [-1, 0]),
        ((0, 1), (1, 1), 0.87, 8, [-1, -1]),
        ((0, 0), (1, 2), 0.95, 8, [-1, -1]),
        ((0, 0), (1, 2), 0.99, 4, [-1, 0]),
        ((0, 1), (1, 2), 0.99, 4, [-1, -1]),
    ],
    ids=[
        "nearly alike: its picture decides",
        "nearly alike and changed",
        "nearly alike, of two tracks",
        "alike, of two tracks",
        "alike, of two figures in one frame",
        "less alike",
        "a copy in one track, less alike",
        "a copy in another track",
    ],
)
def test_find_track_duplicates_when_two_then_decided_by_track_likeness_and_change(
    tracks: tuple[int, int],
    frames: tuple[float, float],
    threshold: float,
    change: float,
    expected: list[int],
) -> None:
    vectors = unit(np.array([[1, 0.0], [0.88, math.sqrt(1 - 0.88**2)]]))
    found = find_track_duplicates(
        vectors, np.array([2.0, 1.0]), np.array(tracks), np.array(frames), threshold,
        change=lambda *_: change, least_change=10,
    )  # fmt: skip
    assert found.tolist() == expected

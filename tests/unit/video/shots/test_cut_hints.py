"""Cut hints of synthetic groups of pictures."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from onmodel.video.container.packet_table import PacketTable
from onmodel.video.shots.cut_hints import CutHint, CutHints, Evidence

KEYFRAME, ORDINARY = 20_000, 1_000


def table_of(
    keyframes: tuple[float, ...], codec: str = "h264", container: str = "mov,mp4"
) -> PacketTable:
    ticks = np.array([round(time * 1000) for time in keyframes], np.int64)
    return PacketTable(
        container, codec, codec, Fraction(1, 1000), 64, 64, ticks, ticks,
        np.arange(len(ticks)), np.ones(len(ticks), np.int64),
        np.ones(len(ticks), bool), np.zeros(len(ticks), bool), complete=True,
    )  # fmt: skip


def group(start: float, sizes: dict[int, int], count: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """A keyframe and ordinary pictures, ten a second; `sizes` replaces some sizes."""
    every = np.full(count, ORDINARY, np.int64)
    every[0] = KEYFRAME
    for number, size in sizes.items():
        every[number] = size
    return start + np.arange(count) / 10, every


def test_between_when_a_picture_is_as_large_as_a_keyframe_then_one_cut():
    hints = CutHints(table_of((0.0,)))
    hints.read(*group(0, {12: 18_000}))
    assert hints.between(0.0, 1.1) == Evidence(0, certain=True)
    assert hints.between(1.1, 1.3) == Evidence(1, certain=True)
    assert hints.between(1.2, 2.0) == Evidence(0, certain=True)


def test_between_when_all_pictures_are_large_then_not_certain():
    hints = CutHints(table_of((0.0,)))
    hints.read(*group(0, dict.fromkeys(range(1, 24), 15_000)))
    assert hints.between(0.5, 1.5) == Evidence(0, certain=False)
    (hint,) = hints.of(0, 3)
    assert (round(hint.since, 2), hint.until, hint.is_cut) == (0, 2.3, False)


def test_between_when_pictures_are_reordered_then_only_reference_pictures_count():
    hints = CutHints(table_of((0.0,)))
    seconds, sizes = group(0, {12: 18_000}, count=25)
    order = [0, *(number + step for number in range(1, 24, 3) for step in (2, 0, 1))]
    hints.read(seconds[order], sizes[order])
    assert hints.between(0.0, 2.4).cuts == 1
    assert hints.between(0.5, 0.9).cuts == 0
    assert hints.between(1.0, 1.1).cuts == 1, "between the anchors at 0.9 and 1.2"


def test_between_when_two_large_pictures_are_close_then_one_cut():
    hints = CutHints(table_of((0.0,)))
    hints.read(*group(0, {10: 18_000, 11: 18_000, 17: 18_000}))
    assert hints.between(0.5, 1.5).cuts == 1
    assert hints.between(0.5, 2.0).cuts == 2


def test_between_when_keyframe_is_early_then_one_cut_and_when_regular_then_not_certain():
    hints = CutHints(table_of((0.0, 2.4, 4.8, 7.2, 8.1, 10.5)))
    for start in (0.0, 2.4, 4.8):
        hints.read(*group(start, {}))
    hints.read(*group(7.2, {}, count=9))
    hints.read(*group(8.1, {}))
    assert hints.between(2.0, 2.5) == Evidence(0, certain=False)
    assert hints.between(7.9, 8.2) == Evidence(1, certain=True)


def test_between_when_codec_has_hidden_pictures_or_no_times_then_not_certain():
    for table in (table_of((0.0,), "vp9"), table_of((0.0,), container="avi")):
        hints = CutHints(table)
        hints.read(*group(0, {12: 18_000}))
        assert hints.between(0.0, 2.0) == Evidence(0, certain=False)
        assert hints.of(0.0, 2.0) == (CutHint(0.0, 2.0, is_cut=False),)


@given(
    sizes=st.lists(st.integers(0, 1 << 40), min_size=1, max_size=40),
    times=st.lists(st.floats(-1e6, 1e6), min_size=40, max_size=40),
    pieces=st.integers(1, 5),
)
def test_read_when_sizes_and_times_are_random_then_hints_stay_in_order(sizes, times, pieces):
    hints = CutHints(table_of((0.0,)))
    for piece in np.array_split(np.arange(len(sizes)), pieces):
        hints.read(np.array(times)[piece], np.array(sizes, np.int64)[piece], head=piece[:1] == [0])
    found = hints.of(-1e7, 1e7)
    assert all(hint.since < hint.until for hint in found)
    assert [hint.until for hint in found] == sorted(hint.until for hint in found)

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.video.gops.windows import NO_WINDOW, Windows, packets_to_decode

GROUP = st.lists(st.tuples(st.integers(-1, 6), st.booleans()), min_size=1, max_size=40)


@pytest.mark.parametrize(("fps", "step"), [(25, 0.04), (24, 1 / 24), (30, 1 / 30), (10, 0.1)])
def test_numbers_when_step_is_one_frame_then_each_frame_has_its_own_window(fps, step):
    windows = Windows(0.0, math.inf, step, 0.0)
    times = np.arange(5000) * (1000 / fps) * 0.001
    assert windows.numbers(times).tolist() == list(range(5000))


def test_numbers_when_time_is_on_a_border_then_the_later_window():
    windows = Windows(2.0, 5.5, 1.0, 2.0)
    times = np.array([1.999, 2.0, 2.999, 3.0, 5.2, 5.499, 5.5])
    assert windows.numbers(times).tolist() == [NO_WINDOW, 0, 0, 1, 3, 3, NO_WINDOW]


@given(
    borders=st.lists(st.floats(0.1, 59.9), min_size=1, max_size=6, unique=True),
    step=st.floats(0.05, 20),
)
def test_numbers_when_film_is_divided_into_chunks_then_each_window_is_in_one_chunk(borders, step):
    times = np.arange(0, 60, 0.041)
    whole = Windows(0.0, 60.0, step, 0.0).numbers(times)
    edges = [0.0, *sorted(borders), 60.0]
    chunk_of: dict[int, int] = {}
    for index, (start, end) in enumerate(pairwise(edges)):
        chunk = Windows(start, end, step, 0.0, leave_last=end < 60.0)
        for window in set(chunk.numbers(times).tolist()) - {NO_WINDOW}:
            assert chunk_of.setdefault(window, index) == index
    # a window may be empty only if no frame of it lies after the last border in it
    for window in set(whole.tolist()) - set(chunk_of):
        after = [edge for edge in edges if window * step < edge < (window + 1) * step]
        assert after
        assert not ((whole == window) & (times >= max(after))).any()


def test_wanted_when_next_keyframe_lies_in_the_window_then_no_window():
    windows = Windows(0.0, 10.0, 1.0, 0.0)
    wanted = windows.wanted(np.array([0.0, 0.5, 1.1, 1.6]), np.ones(4, bool), 1.9)
    assert wanted.tolist() == [0, 0, NO_WINDOW, NO_WINDOW]


@given(GROUP)
def test_packets_to_decode_when_group_is_random_then_each_window_gets_a_decodable_packet(group):
    wanted = np.array([window for window, _ in group])
    reference = np.array([True, *(referenced for _, referenced in group[1:])])
    chosen = packets_to_decode(wanted, reference)
    served = {int(wanted[index]) for index in chosen} - {NO_WINDOW}
    assert served == set(wanted.tolist()) - {NO_WINDOW}
    for index in chosen:  # everything that a chosen packet may refer to is chosen too
        assert set(np.flatnonzero(reference[:index]).tolist()) <= set(chosen)
    if chosen:  # nothing after the last needed packet is decoded
        last = max(chosen)
        mine = [index for index in chosen if wanted[index] == wanted[last]]
        assert wanted[last] != NO_WINDOW
        assert not reference[last] or min(index for index in mine if reference[index]) == last


def test_packets_to_decode_when_only_window_is_the_keyframes_then_only_the_keyframe():
    wanted = np.array([0, 0, 0, 0])
    assert packets_to_decode(wanted, np.array([True, True, False, True])) == [0]


def test_packets_to_decode_when_window_has_no_reference_picture_then_one_of_its_others():
    wanted = np.array([0, 2, 1, 1])  # the second is shown last and others refer to it
    assert packets_to_decode(wanted, np.array([True, True, False, False])) == [0, 1, 2]

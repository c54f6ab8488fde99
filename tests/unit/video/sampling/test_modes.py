from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from drawn.films import DrawnFilm
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.sampling_settings import Sampling
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.modes import best_of_shots, sample_by_settings

NOTHING = np.zeros((1, 1, 3), np.uint8)
WHOLE = Box(left=0, top=0, width=1, height=1)


def frame_at(seconds: float, sharpness: float, shot: int) -> Frame:
    return Frame(seconds, NOTHING, sharpness, shot, WHOLE)


@given(
    shots=st.lists(st.lists(st.floats(0, 1000), min_size=1, max_size=20), max_size=6),
    count=st.integers(1, 5),
)
def test_best_of_shots_when_shots_are_random_then_up_to_count_frames_each_in_order(shots, count):
    frames, seconds = [], 0.0
    for shot, sharpness in enumerate(shots):
        for value in sharpness:
            frames.append(frame_at(seconds, value, shot))
            seconds += 1
    best = list(best_of_shots(frames, count))
    for shot, sharpness in enumerate(shots):
        mine = [frame for frame in best if frame.shot == shot]
        assert len(mine) == min(count, len(sharpness))
    assert [frame.timecode_seconds for frame in best] == sorted(
        frame.timecode_seconds for frame in best
    )


def test_best_of_shots_when_count_is_one_then_the_sharpest():
    frames = [frame_at(index, value, 0) for index, value in enumerate((3, 9, 4, 1))]
    assert [frame.sharpness for frame in best_of_shots(frames, 1)] == [9]


def test_best_of_shots_when_count_is_several_then_spread_over_the_shot():
    frames = [frame_at(index, 5, 0) for index in range(30)]
    times = [frame.timecode_seconds for frame in best_of_shots(frames, 3)]
    assert min(after - before for before, after in pairwise(times)) >= 5


@pytest.mark.parametrize(
    ("sampling", "count"),
    [
        (Sampling(), 10),
        (Sampling(mode="fps", frames_per_second=4), 40),
        (Sampling(mode="scene"), 4),
        (Sampling(mode="scene", frames_per_shot=2), 8),
    ],
)
def test_sample_by_settings_when_mode_is_set_then_expected_number_of_frames(
    plain_film: DrawnFilm, sampling, count
):
    frames = list(sample_by_settings(plain_film.path, sampling))
    assert len(frames) == count


def test_sample_by_settings_when_keyframes_then_at_least_one_a_second(plain_film: DrawnFilm):
    frames = list(sample_by_settings(plain_film.path, Sampling(mode="keyframes"), 2.0, 6.0))
    assert 4 <= len(frames) <= 8
    assert all(2.0 <= frame.timecode_seconds < 6.0 for frame in frames)

"""Cut detection on films with known cuts, and the rule itself."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from drawn.films import draw_film

from onmodel.video import sample_frames
from onmodel.video.shots import distance, is_cut


def test_is_cut_when_a_side_is_empty_then_no_cut():
    assert not is_cut((), (0.5,) * 72)
    assert not is_cut((0.5,) * 72, ())


def test_distance_when_same_then_zero_and_symmetric():
    one, other = np.random.default_rng(0).random((2, 72)).astype(np.float32)
    assert distance(one, one) == pytest.approx(0, abs=1e-5)
    assert distance(one, other) == pytest.approx(distance(other, one))


def test_is_cut_when_the_same_picture_is_dimmed_then_no_cut():
    picture = np.random.default_rng(1).random(72).astype(np.float32) * 0.6 + 0.2
    dimmed = picture.copy()
    dimmed[:24] = 16 / 255 + (picture[:24] - 16 / 255) * 0.6
    dimmed[24:] = 0.5 + (picture[24:] - 0.5) * 0.6
    assert not is_cut(picture, dimmed)
    assert not is_cut(dimmed, picture)
    assert is_cut(picture, np.roll(picture, 7))


@pytest.mark.parametrize("interval", [0.25, 1.0])
def test_sample_frames_when_cuts_are_known_then_nine_of_ten_found_and_nothing_else(
    films: Path, interval
):
    film = draw_film(films / "cuts.mp4", seconds=40, size=(160, 96), shot_seconds=2.1, gop=250)
    frames = list(sample_frames(film.path, interval))
    found = missed = wrong = 0
    for before, after in pairwise(frames):
        true = any(
            before.timecode_seconds < cut <= after.timecode_seconds + 1e-6
            for cut in film.cuts_seconds
        )
        said = after.shot > before.shot
        found, missed, wrong = (
            found + (true and said),
            missed + (true and not said),
            wrong + (said and not true),
        )
    assert found >= 0.9 * (found + missed)
    assert wrong <= 0.05 * found

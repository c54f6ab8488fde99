from __future__ import annotations

from collections import Counter

import numpy as np
from drawn.films import DrawnFilm

from onmodel.contracts.base import Box
from onmodel.contracts.crops import RejectReason
from onmodel.contracts.films import ChunkBorders, Shape
from onmodel.contracts.sampling_settings import Sampling
from onmodel.video import sample_frames
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.mixtures import REACH
from onmodel.video.sampling.selection import THUMBNAIL_HEIGHT, DroppedFrame, select_frames

STRIPES = np.tile(np.arange(320) // 8 % 2 * 160 + 40, (200, 1)).astype(np.uint8)


def frame_of(
    grey: np.ndarray,
    seconds: float = 0.0,
    *,
    sharpness: float = 100.0,
    shot: int = 0,
    picture: Box | None = None,
) -> Frame:
    pixels = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    whole = Box(left=0, top=0, width=grey.shape[1], height=grey.shape[0])
    return Frame(seconds, pixels, sharpness, shot, picture or whole)


def reasons(*frames: Frame, sampling: Sampling | None = None) -> list[RejectReason | None]:
    selected = select_frames(frames, sampling or Sampling())
    return [each.reason if isinstance(each, DroppedFrame) else None for each in selected]


def test_select_frames_when_black_then_dropped_with_the_measured_value():
    (dropped,) = select_frames([frame_of(np.full((200, 320), 9))], Sampling())
    assert isinstance(dropped, DroppedFrame)
    assert dropped.reason is RejectReason.BLACK
    assert dropped.detail == "mean luma 9.0 < 20"
    assert dropped.thumbnail.shape == (THUMBNAIL_HEIGHT, 144, 3)


def test_select_frames_when_dark_picture_has_a_light_then_kept():
    night = np.full((200, 320), 6)
    night[80:120, 140:180] = 230
    assert reasons(frame_of(night)) == [None]


def test_select_frames_when_one_flat_colour_then_blank():
    assert reasons(frame_of(np.full((200, 320), 130))) == [RejectReason.BLANK]


def test_select_frames_when_picture_fades_then_frames_of_low_contrast_are_dropped():
    scene = STRIPES.astype(float)
    steps = [frame_of(scene * share, index) for index, share in enumerate((1, 0.5, 0.25))]
    assert reasons(*steps) == [None, RejectReason.FADE, RejectReason.FADE]
    assert reasons(*steps[::-1]) == [RejectReason.FADE, RejectReason.FADE, None]


def test_select_frames_when_two_shots_dissolve_then_the_mixture_is_dropped_and_borders_are_told():
    other = STRIPES[:, ::-1].astype(float).copy()
    other[::40] = 250
    other = np.roll(other, 8, axis=0).T[:200, :200]
    scene = STRIPES[:, :200].astype(float)
    frames = [scene, (scene + other) / 2, other]
    borders: list[ChunkBorders] = []
    selected = select_frames(
        [frame_of(grey, index, shot=index) for index, grey in enumerate(frames)],
        Sampling(),
        borders.append,
    )
    _, dropped, _ = selected
    assert isinstance(dropped, DroppedFrame)
    assert dropped.reason is RejectReason.FADE
    assert dropped.detail == "50% of the picture at 0.000 s and 50% of that at 2.000 s"
    (told,) = borders
    assert (
        [each.seconds for each in told.first] == [each.seconds for each in told.last] == [0, 1, 2]
    )


def test_select_frames_when_another_scene_has_less_contrast_then_no_fade():
    other = np.tile(np.arange(200)[:, None] // 9 % 2 * 40 + 90, (1, 320))
    assert reasons(frame_of(STRIPES), frame_of(other, 1, shot=1)) == [None, None]


def test_select_frames_when_sharpness_is_below_the_setting_then_blurred():
    soft = frame_of(STRIPES, sharpness=14.9)
    assert reasons(soft) == [RejectReason.BLURRED]
    assert reasons(soft, sampling=Sampling(min_sharpness=14)) == [None]


def test_select_frames_when_picture_changes_slowly_then_compared_with_the_last_kept_frame():
    drift = [frame_of(STRIPES + index, index) for index in range(6)]
    assert reasons(*drift) == [None, RejectReason.UNCHANGED] * 3


def test_select_frames_when_shot_changes_then_an_equal_picture_is_kept():
    assert reasons(frame_of(STRIPES), frame_of(STRIPES, 1, shot=1)) == [None, None]


def test_select_frames_when_picture_is_given_then_bars_are_not_measured():
    grey = np.zeros((200, 320))
    grey[60:140] = 18
    barred = frame_of(grey, picture=Box(left=0, top=60, width=320, height=80))
    (dropped,) = select_frames([barred], Sampling())
    assert isinstance(dropped, DroppedFrame)
    assert dropped.detail == "mean luma 18.0 < 20"


def test_select_frames_when_shape_changes_within_a_shot_then_frames_are_not_compared():
    wide = np.hstack([STRIPES, STRIPES])
    assert reasons(frame_of(STRIPES), frame_of(wide, 1), frame_of(wide, 2)) == [
        None, None, RejectReason.UNCHANGED,
    ]  # fmt: skip


def test_select_frames_when_there_are_no_frames_then_none():
    assert reasons() == []


def test_select_frames_when_film_has_known_flaws_then_exactly_those_are_dropped(
    flawed_film: DrawnFilm,
):
    left, top, right, bottom = flawed_film.picture
    picture = Box(left=left, top=top, width=right - left, height=bottom - top)
    shape = Shape(width=flawed_film.size[0], height=flawed_film.size[1], picture=picture)
    frames = sample_frames(flawed_film.path, 0.5, shapes=(shape,))
    selected = list(select_frames(frames, Sampling()))
    dropped = [each for each in selected if isinstance(each, DroppedFrame)]
    found = Counter(each.reason for each in dropped)
    assert len(selected) == 32
    assert found[RejectReason.BLACK] >= 2
    assert found[RejectReason.FADE] >= 1
    assert found[RejectReason.UNCHANGED] >= 3
    for each in dropped:
        if each.reason is RejectReason.UNCHANGED:
            continue  # the drawn figures also stand still where they change direction
        kind = {
            RejectReason.BLACK: ("black", "fade"),
            RejectReason.FADE: ("fade",),
            RejectReason.BLANK: ("fade",),
        }
        assert any(
            start <= each.timecode_seconds < end
            for name in kind[each.reason]
            for start, end in flawed_film.spans[name]
        ), each


def test_select_frames_when_streamed_then_takes_two_frames_ahead():
    taken = []

    def source():
        for index in range(5):
            taken.append(index)
            yield frame_of(np.roll(STRIPES, index * 3, axis=1), index)

    selected = select_frames(source(), Sampling())
    next(selected)
    assert len(taken) == 1 + REACH


def face(mouth: int, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """A scene with a small face; only the mouth's height differs."""
    scene = STRIPES.astype(float)
    scene[60:100, 140:180] = 200
    scene[88 - mouth : 92, 152:168] = 30
    scene += np.random.default_rng(seed).normal(0, noise, scene.shape) if noise else 0
    return np.clip(scene, 0, 255)


def test_select_frames_when_only_a_small_mouth_moves_then_kept() -> None:
    first, second = face(2), face(10)
    assert np.abs(first - second).mean() < Sampling().unchanged_difference
    assert reasons(frame_of(first, 0), frame_of(second, 1)) == [None, None]


def test_select_frames_when_only_grain_differs_then_unchanged() -> None:
    frames = [frame_of(face(2, noise=1.5, seed=seed), seed) for seed in range(3)]
    assert reasons(*frames) == [None, RejectReason.UNCHANGED, RejectReason.UNCHANGED]


def test_select_frames_when_tile_limit_is_off_then_the_mean_alone_decides() -> None:
    sampling = Sampling(unchanged_tile_difference=255)
    frames = frame_of(face(2), 0), frame_of(face(10), 1)
    assert reasons(*frames, sampling=sampling) == [None, RejectReason.UNCHANGED]


def test_select_frames_when_several_are_unchanged_then_the_first_may_be_looked_at_again() -> None:
    frames = [frame_of(face(2), seconds) for seconds in range(3)]
    _, first, second = select_frames(frames, Sampling())
    assert isinstance(first, DroppedFrame) and isinstance(second, DroppedFrame)
    assert first.second_look is frames[1]
    assert second.second_look is None

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from onmodel.contracts.base import Box
from onmodel.contracts.sampling_settings import Sampling
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.modes import sample_by_settings
from onmodel.video.sampling.shot_bars import with_shot_bars

WIDTH, HEIGHT = 320, 180
WHOLE = Box(left=0, top=0, width=WIDTH, height=HEIGHT)
PILLARS = Box(left=40, top=0, width=240, height=HEIGHT)
LETTERBOX = Box(left=0, top=22, width=WIDTH, height=136)


def scene(seed: int, inside: Box = WHOLE) -> np.ndarray:
    """(180, 320, 3) uint8: coloured blocks within a box, black around it."""
    blocks = np.random.default_rng(seed).integers(60, 220, (9, 16, 3)).repeat(20, 0).repeat(20, 1)
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    part = slice(inside.top, inside.bottom), slice(inside.left, inside.right)
    picture[part] = blocks[part]
    return picture


def night(seed: int) -> np.ndarray:
    """A dark picture with a lamp in its middle, whose light ends nowhere."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    light = 230 * np.exp(-((x - 160) ** 2 + (y - 90) ** 2) / (2 * 30**2))
    grain = np.random.default_rng(seed).normal(6, 2, (HEIGHT, WIDTH))
    return np.clip(light + grain, 0, 255).astype(np.uint8)[..., None].repeat(3, 2)


def frame_of(pixels: np.ndarray, shot: int = 0, film: Box = WHOLE) -> Frame:
    return Frame(0.0, pixels, 100.0, shot, film)


def pictures(*frames: Frame) -> list[Box]:
    return [frame.picture for frame in with_shot_bars(frames)]


def test_with_shot_bars_when_a_shot_has_bars_of_its_own_then_it_alone_is_cut():
    frames = [frame_of(scene(1), 0)] * 4 + [frame_of(scene(2, PILLARS), 1)] * 5
    frames += [frame_of(scene(3, LETTERBOX), 2), frame_of(scene(4), 3)]
    assert pictures(*frames) == [WHOLE] * 4 + [PILLARS] * 5 + [LETTERBOX, WHOLE]


def soft_bars(pixels: np.ndarray, fades: int, brightness: float = 1.0) -> np.ndarray:
    """With pillar bars of 40 pixels that fade into the picture over so many more pixels."""
    ramp = np.clip((np.arange(WIDTH) - 40) / fades, 0, 1)
    return (pixels * brightness * np.minimum(ramp, ramp[::-1])[None, :, None]).astype(np.uint8)


@pytest.mark.parametrize(("fades", "brightness"), [(16, 0.6), (14, 0.8), (12, 1.0)])
def test_with_shot_bars_when_bars_fade_into_the_picture_then_cut_where_it_is_lit(
    fades: int, brightness: float
):
    (frame,) = with_shot_bars([frame_of(soft_bars(scene(1), fades, brightness))])
    assert 40 < frame.picture.left <= 40 + fades
    assert 40 < WIDTH - frame.picture.right <= 40 + fades
    assert (frame.picture.top, frame.picture.bottom) == (0, HEIGHT)


def figure_on_black() -> np.ndarray:
    """A bust before black, in the middle: a head and round shoulders that reach the lower edge."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    head = (x - 160) ** 2 / 38**2 + (y - 55) ** 2 / 50**2 < 1
    shoulders = (x - 160) ** 2 / 110**2 + (y - 190) ** 2 / 100**2 < 1
    return np.where((head | shoulders)[..., None], 150, 4).repeat(3, 2).astype(np.uint8)


def seen_through_a_round_hole() -> np.ndarray:
    """A scene whose edges get dark all around, as in binoculars."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    distance = np.hypot((x - 160) / 150, (y - 90) / 120)
    return (scene(1) * np.clip((1 - distance) * 8, 0, 1)[..., None]).astype(np.uint8)


def dim_line() -> np.ndarray:
    """A line of four pixels across the middle, too dark to be lit."""
    line = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    line[88:92] = 35
    return line


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("picture", [dim_line, figure_on_black, seen_through_a_round_hole])
def test_with_shot_bars_when_a_picture_gets_dark_at_its_edges_then_it_is_not_cut(picture):
    assert pictures(*[frame_of(picture())] * 3) == [WHOLE] * 3


def test_with_shot_bars_when_a_shot_fills_more_than_the_film_then_all_of_it_counts():
    frames = [frame_of(scene(1, LETTERBOX), 0, LETTERBOX), frame_of(scene(2), 1, LETTERBOX)]
    assert pictures(*frames) == [LETTERBOX, WHOLE]


@pytest.mark.parametrize("film", [WHOLE, LETTERBOX])
def test_with_shot_bars_when_a_shot_is_dark_then_the_films_bars_count(film: Box):
    dark = [night(seed) for seed in range(4)]
    black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    assert pictures(*(frame_of(each, 0, film) for each in (*dark, black))) == [film] * 5


def test_with_shot_bars_when_lines_of_text_stand_on_black_then_it_is_no_picture():
    credits_ = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    credits_[10:170:8, 60:260] = credits_[11:170:8, 60:260] = credits_[12:170:8, 60:260] = 230
    assert pictures(frame_of(credits_)) == [WHOLE]


def test_with_shot_bars_when_only_one_side_is_dark_then_it_is_no_bar():
    beside_a_wall = scene(1, Box(left=80, top=0, width=240, height=HEIGHT))
    assert pictures(frame_of(beside_a_wall)) == [WHOLE]


def test_with_shot_bars_when_a_subtitle_stands_in_a_bar_then_the_bar_stays():
    titled = scene(1, LETTERBOX)
    titled[165:172, 100:220:3] = 250
    assert pictures(frame_of(titled, 0, LETTERBOX)) == [LETTERBOX]


def test_with_shot_bars_when_one_frame_of_the_shot_fills_the_bars_then_the_others_keep_them():
    clip, mixed = scene(1, PILLARS), scene(1, PILLARS) // 2 + scene(2) // 2
    assert pictures(*map(frame_of, (mixed, clip, clip, clip))) == [WHOLE] + [PILLARS] * 3


def test_with_shot_bars_when_a_clip_is_blurred_then_its_bars_edges_do_not_make_it_sharp():
    smooth = scene(1, PILLARS)
    smooth[:, 40:280] = np.linspace(90, 160, 240)[None, :, None]
    (frame,) = with_shot_bars([frame_of(smooth)])
    assert frame.sharpness < Sampling().min_sharpness


def test_sample_by_settings_when_a_film_changes_its_bars_then_each_frame_has_its_shots(
    tmp_path: Path,
):
    film = tmp_path / "documentary.mp4"
    shots = [scene(1), scene(2, PILLARS), scene(3), scene(4, LETTERBOX), night(5)]
    with av.open(str(film), "w") as output:
        stream = output.add_stream("libx264", rate=8, options={"preset": "ultrafast", "g": "24"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for shot in shots:
            for _ in range(24):
                output.mux(stream.encode(av.VideoFrame.from_ndarray(shot, format="bgr24")))
        output.mux(stream.encode())
    found = [frame.picture for frame in sample_by_settings(film, Sampling())]
    assert found == [WHOLE] * 3 + [PILLARS] * 3 + [WHOLE] * 3 + [LETTERBOX] * 3 + [WHOLE] * 3

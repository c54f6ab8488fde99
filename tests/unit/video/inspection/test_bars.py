from __future__ import annotations

import numpy as np

from onmodel.contracts.base import Box
from onmodel.video.inspection.bars import find_picture

WHOLE = Box(left=0, top=0, width=640, height=360)


def scene(seed: int, top: int = 0, bottom: int = 0) -> np.ndarray:
    luma = np.random.default_rng(seed).integers(60, 220, (180, 320)).astype(np.uint8)
    luma[:top] = luma[180 - bottom :] = 17
    return luma


def test_find_picture_when_bars_in_all_frames_then_box_without_bars():
    frames = [scene(seed, top=22, bottom=22) for seed in range(5)]
    assert find_picture(frames, 640, 360) == Box(left=0, top=44, width=640, height=272)


def test_find_picture_when_only_some_frames_are_dark_at_the_edge_then_whole():
    frames = [scene(1, top=30), scene(2), scene(3, bottom=30), scene(4)]
    assert find_picture(frames, 640, 360) == WHOLE


def test_find_picture_when_some_frames_are_black_then_they_are_ignored():
    black = np.full((180, 320), 16, np.uint8)
    frames = [black, *(scene(seed, top=22, bottom=22) for seed in range(4)), black]
    assert find_picture(frames, 640, 360).top == 44


def test_find_picture_when_all_is_dark_or_box_would_be_small_then_whole():
    assert find_picture([np.full((180, 320), 16, np.uint8)] * 9, 640, 360) == WHOLE
    assert find_picture([scene(seed, top=80, bottom=60) for seed in range(5)], 640, 360) == WHOLE


def test_find_picture_when_dark_edge_is_one_line_then_whole():
    assert find_picture([scene(seed, top=1) for seed in range(5)], 640, 360) == WHOLE

from __future__ import annotations

import numpy as np

from onmodel.contracts.base import Box
from onmodel.vision.carrying import WIDTH, carried, grey_copy

PICTURE = Box(left=0, top=0, width=1280, height=720)
SCENE = np.random.default_rng(1).integers(0, 255, (36, 64, 3)).repeat(20, 0).repeat(20, 1)
BOX = Box(left=500, top=200, width=200, height=300)


def moved(across: int, down: int) -> np.ndarray:
    return np.roll(SCENE, (down, across), (0, 1)).astype(np.uint8)


def carry(box: Box, one: np.ndarray, other: np.ndarray, picture: Box = PICTURE) -> Box | None:
    return carried(box, picture, 1280 / WIDTH, grey_copy(one), grey_copy(other))


def test_carried_when_a_figure_moves_then_its_box_does():
    found = carry(BOX, moved(0, 0), moved(80, -40))
    assert found == Box(left=580, top=160, width=200, height=300)


def test_carried_when_it_leaves_the_picture_then_the_box_stays_inside():
    bars = Box(left=0, top=100, width=1280, height=520)
    box = Box(left=500, top=120, width=200, height=300)
    found = carry(box, moved(0, 0), moved(0, -80), bars)
    assert found == Box(left=500, top=100, width=200, height=300)


def test_carried_when_another_scene_follows_then_none():
    other = np.random.default_rng(2).integers(0, 255, (36, 64, 3)).repeat(20, 0).repeat(20, 1)
    assert carry(BOX, moved(0, 0), other.astype(np.uint8)) is None


def test_carried_when_the_box_is_flat_or_tiny_or_the_shape_changed_then_none():
    flat = np.full((720, 1280, 3), 90, np.uint8)
    assert carry(BOX, flat, flat) is None
    tiny = Box(left=500, top=200, width=20, height=300)
    assert carry(tiny, moved(0, 0), moved(0, 0)) is None
    assert carry(BOX, moved(0, 0), moved(0, 0)[:600]) is None


def test_carried_when_the_box_is_larger_than_the_other_frames_picture_then_none() -> None:
    """The other frame of the shot is dark at its sides, and bars are found there."""
    whole = Box(left=0, top=0, width=1280, height=720)
    bars = Box(left=160, top=0, width=960, height=720)
    assert carry(whole, moved(0, 0), moved(0, 0), bars) is None
    assert carry(whole, moved(0, 0), moved(0, 0)) == whole
    flat = Box(left=0, top=90, width=1280, height=540)
    assert carry(whole, moved(0, 0), moved(0, 0), flat) is None

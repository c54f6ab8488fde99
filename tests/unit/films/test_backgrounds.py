import numpy as np
import pytest

from onmodel.contracts.base import Box
from onmodel.contracts.crops import BackgroundMoved, Detection
from onmodel.films.backgrounds import with_backgrounds
from onmodel.films.looks import SeenFrame
from onmodel.ports.finder import FrameDetections
from onmodel.video.sampling.frames import Frame

WIDE = (np.random.default_rng(4).random((27, 120, 3)) * 255).astype(np.uint8)
WIDE = WIDE.repeat(20, 0).repeat(20, 1)
FIGURE = Detection(box=Box(left=400, top=200, width=100, height=200), label="Dog", confidence=90)


def frame(seconds: float, left: int, *, plain: bool = False) -> SeenFrame:
    """What a camera sees that begins at `left` of a wide scene."""
    pixels = np.ascontiguousarray(WIDE[:, left : left + 960])
    if plain:
        pixels = np.full_like(pixels, 90)
    whole = Box(left=0, top=0, width=960, height=540)
    return SeenFrame(Frame(seconds, pixels, 50, 0, whole), FrameDetections((FIGURE,), "Dog"))


def test_with_backgrounds_when_the_camera_moves_then_movements_add_up_from_the_first() -> None:
    found = with_backgrounds(None, [frame(1, 100), frame(2, 110), frame(3, 130)])
    moved = [each.background for each in found]
    assert [each.since for each in moved if each] == [1, 1, 1]
    assert [each.across for each in moved if each] == pytest.approx([0, -10, -30], abs=1)
    assert [each.down for each in moved if each] == pytest.approx([0, 0, 0], abs=1)
    assert [each.answer for each in found] == [frame(1, 0).answer] * 3


def test_with_backgrounds_when_it_goes_on_from_a_frame_before_then_measured_from_its_start() -> (
    None
):
    before = with_backgrounds(None, [frame(1, 100), frame(2, 110)])[-1]
    (after,) = with_backgrounds(before, [frame(3, 120)])
    assert after.background is not None
    assert after.background.since == 1
    assert after.background.across == pytest.approx(-20, abs=1)


def test_with_backgrounds_when_the_movement_is_not_found_then_a_new_start() -> None:
    found = with_backgrounds(None, [frame(1, 100), frame(2, 100, plain=True), frame(3, 120)])
    assert [each.background for each in found] == [
        BackgroundMoved(since=1), BackgroundMoved(since=2), BackgroundMoved(since=3)
    ]  # fmt: skip

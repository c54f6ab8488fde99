import numpy as np
import pytest

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Crop
from onmodel.vision.laid_pictures import Figure, lay, unlike

SCENE = (np.random.default_rng(3).random((12, 12, 3)) * 255).astype(np.uint8).repeat(12, 0)
SCENE = SCENE.repeat(12, 1)


def figure(left: int, top: int) -> Figure:
    """One and the same figure; its window begins at this place of the scene."""
    window = Box(left=left, top=top, width=100, height=100)
    crop = Crop(
        crop_id="a", film_id="a-00000001", timecode_seconds=0, shot=0, chunk=0,
        box=Box(left=40, top=44, width=50, height=48), window=window, width=100, height=100,
        label="Cartoon", confidence=90, sharpness=50, quality=0.5, key="k",
    )  # fmt: skip
    return Figure(SCENE[top : top + 100, left : left + 100], crop)


@pytest.mark.parametrize("scale", [1.0, 0.8])
def test_lay_when_the_window_moved_then_says_by_how_much(scale: float) -> None:
    first, other = figure(20, 20).scaled(scale), figure(14, 25).scaled(scale)
    laid = lay(first, other)
    assert laid.across == pytest.approx(6 * scale, abs=0.4)
    assert laid.down == pytest.approx(-5 * scale, abs=0.4)


def test_laid_when_pictures_are_of_one_scene_then_they_are_hardly_unlike() -> None:
    first, other = figure(20, 20).scaled(1.0), figure(14, 25).scaled(1.0)
    laid = lay(first, other)
    part, over = laid.part(first[0]), laid.laid(other[0])
    assert part.shape == over.shape == (laid.height, laid.width, 3)
    assert float(unlike(part, over).mean()) < 1 < float(np.abs(part - part.mean()).mean())


def test_unlike_when_a_value_lies_between_its_neighbours_then_0_else_how_far_it_lies_off() -> None:
    ramp = np.arange(25, dtype=np.float32).reshape(5, 5)
    assert unlike(ramp, ramp).max() == 0
    assert unlike(ramp + 100, ramp)[2, 2] == 100 - 6  # the greatest within one pixel is 6 more

from __future__ import annotations

import cv2
import numpy as np
import pytest

from onmodel_local.vision.finder import find_figures
from onmodel_local.vision.grid import GridBox, containment, overlap


def _meadow(width: int = 640, height: int = 360) -> np.ndarray:
    """Grass with texture: nothing to find."""
    noise = np.random.default_rng(7).normal(0, 18, (height, width, 1))
    grass = np.array([40, 140, 60]) + noise
    return np.clip(grass, 0, 255).astype(np.uint8)


def _with_figure(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    picture = _meadow()
    centre = ((left + right) // 2, (top + bottom) // 2)
    axes = ((right - left) // 2, (bottom - top) // 2)
    cv2.ellipse(picture, centre, axes, 0, 0, 360, (170, 180, 235), -1)
    return picture


def test_find_figures_when_one_stands_out_then_its_box() -> None:
    found = find_figures(_with_figure(220, 100, 420, 330))
    assert found
    best = found[0]
    box = GridBox(best.left, best.top, best.left + best.width, best.top + best.height)
    assert overlap(box, GridBox(220 / 640, 100 / 360, 420 / 640, 330 / 360)) > 0.5


def test_find_figures_when_nothing_is_there_then_nothing() -> None:
    assert find_figures(_meadow()) == []


def test_find_figures_when_asked_twice_then_the_same() -> None:
    picture = _with_figure(220, 100, 420, 330)
    assert find_figures(picture) == find_figures(picture)


@pytest.mark.parametrize("shape", [(80, 80), (90, 1200), (1200, 90)])
def test_find_figures_when_shape_is_odd_then_boxes_lie_within(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (*shape, 3)).astype(np.uint8)
    for figure in find_figures(picture):
        assert 0 <= figure.left <= figure.left + figure.width <= 1.0001
        assert 0 <= figure.top <= figure.top + figure.height <= 1.0001


def test_overlap_when_boxes_are_apart_then_zero() -> None:
    assert overlap(GridBox(0, 0, 1, 1), GridBox(2, 2, 3, 3)) == 0
    assert containment(GridBox(0, 0, 4, 4), GridBox(1, 1, 2, 2)) == 1

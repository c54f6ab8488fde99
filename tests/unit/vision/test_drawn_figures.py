from __future__ import annotations

import numpy as np

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection
from onmodel.contracts.finders import FinderSettings
from onmodel.contracts.sampling_settings import CropSettings
from onmodel.vision.drawn_figures import cut_figures, whole

PIXELS = np.zeros((600, 900, 3), np.uint8)


def detection(left: int, size: int, *, wide: bool = False) -> Detection:
    box = Box(left=left, top=100, width=size, height=size)
    return Detection(box=box, label="Person", confidence=90, wide=wide)


def test_cut_when_figures_are_found_then_each_as_those_of_a_film_and_small_ones_not() -> None:
    found = (detection(0, 200), detection(400, 300), detection(800, 50))
    cut = list(cut_figures(PIXELS, found, CropSettings(), FinderSettings()))
    assert [box.left for box, _ in cut] == [400, 0]
    assert all(min(crop.shape[:2]) >= 512 for _, crop in cut)


def test_cut_when_only_a_wide_detection_then_no_figure() -> None:
    found = (detection(0, 400, wide=True),)
    assert list(cut_figures(PIXELS, found, CropSettings(), FinderSettings())) == []


def test_whole_when_asked_then_the_picture_as_a_box() -> None:
    assert whole(PIXELS) == Box(left=0, top=0, width=900, height=600)

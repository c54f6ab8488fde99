import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.sampling_settings import CropSettings
from onmodel.vision.cropping import crop_size, cut_crop, enlargement, fit_within
from onmodel.vision.geometry import crop_window

FRAME = np.random.default_rng(1).integers(0, 255, (360, 640, 3), np.uint8)


def box(left: int, top: int, width: int, height: int) -> Box:
    return Box(left=left, top=top, width=width, height=height)


@given(
    st.builds(
        box, st.integers(0, 1900), st.integers(0, 1060), st.integers(1, 1920), st.integers(1, 1080)
    ),
    st.builds(CropSettings, side=st.integers(512, 2048), max_aspect=st.floats(1, 2)),
)
def test_crop_size_when_made_of_any_window_then_within_the_trainers_limits(
    figure: Box, crop: CropSettings
) -> None:
    width, height = crop_size(crop_window(figure, box(0, 0, 1920, 1080), crop), crop)
    assert max(width, height) <= crop.side
    assert min(width, height) >= 512


def test_cut_crop_when_shrinking_then_averages_the_source() -> None:
    stripes = np.zeros((1024, 1024, 3), np.uint8)
    stripes[:, ::2] = 200
    crop = cut_crop(stripes, box(0, 0, 1024, 1024), CropSettings(side=512))
    assert crop.shape == (512, 512, 3)
    assert np.all(crop == 100)


def test_cut_crop_when_size_is_right_then_pixels_are_the_films() -> None:
    frame = np.random.default_rng(2).integers(0, 255, (700, 900, 3), np.uint8)
    crop = cut_crop(frame, box(100, 50, 512, 512), CropSettings(side=512))
    assert np.array_equal(crop, frame[50:562, 100:612])
    crop[:] = 0
    assert frame.any()
    assert crop.flags.c_contiguous


def test_cut_crop_when_window_is_small_then_enlarged_to_the_side() -> None:
    window = box(10, 20, 100, 60)
    free = CropSettings(side=1000, max_enlargement=16)
    crop = cut_crop(FRAME, window, free)
    assert crop.shape == (600, 1000, 3)
    assert enlargement(window, free) == 10


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (600, 600, (1024, 1024)),
        (400, 400, (800, 800)),
        (300, 260, (600, 520)),
        (300, 200, (768, 512)),
    ],
)
def test_crop_size_when_the_window_is_small_then_twice_as_large_or_as_the_trainer_needs(
    width: int, height: int, size: tuple[int, int]
) -> None:
    assert crop_size(box(0, 0, width, height), CropSettings()) == size


def test_cut_crop_when_window_reaches_out_then_refused() -> None:
    with pytest.raises(ValueError, match="reaches out"):
        cut_crop(FRAME, box(600, 0, 41, 41), CropSettings())


def test_fit_within_when_it_fits_then_untouched() -> None:
    assert fit_within(FRAME, 640) is FRAME
    assert fit_within(FRAME, 320).shape == (180, 320, 3)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.sampling_settings import CropSettings
from onmodel.ports.models import Instance
from onmodel.vision.geometry import (
    crop_window,
    instance_box,
    intersection,
    intersection_over_union,
    widest_aspect,
)


def box(left: int, top: int, width: int, height: int) -> Box:
    return Box(left=left, top=top, width=width, height=height)


boxes = st.builds(
    box, st.integers(0, 3000), st.integers(0, 3000), st.integers(1, 3000), st.integers(1, 3000)
)
crops = st.builds(
    CropSettings,
    padding=st.floats(0, 1),
    side=st.integers(512, 2048),
    max_aspect=st.floats(1, 2),
)


def contains(outer: Box, inner: Box) -> bool:
    return intersection(outer, inner) == inner


@st.composite
def meeting(draw: st.DrawFn) -> tuple[Box, Box]:
    """A figure and a picture that share at least one pixel."""
    picture, figure = draw(boxes), draw(boxes)
    x = draw(st.integers(picture.left, picture.right - 1))
    y = draw(st.integers(picture.top, picture.bottom - 1))
    left = max(0, x - draw(st.integers(0, figure.width - 1)))
    top = max(0, y - draw(st.integers(0, figure.height - 1)))
    return figure.model_copy(update={"left": left, "top": top}), picture


@given(meeting(), crops)
def test_crop_window_when_figure_meets_picture_then_lies_inside_with_fitting_aspect(
    pair: tuple[Box, Box], crop: CropSettings
) -> None:
    figure, picture = pair
    window = crop_window(figure, picture, crop)
    assert contains(picture, window)
    long, short = max(window.width, window.height), min(window.width, window.height)
    assert long <= short * widest_aspect(crop) + 1e-9


@given(boxes, st.integers(3001, 5000), crops)
def test_crop_window_when_picture_can_hold_it_then_the_whole_figure_is_inside(
    figure: Box, side: int, crop: CropSettings
) -> None:
    square = box(0, 0, side, side)  # wide enough to widen any figure that it can hold
    inside = intersection(figure, square)
    assert inside is not None
    assert contains(crop_window(figure, square, crop), inside)


@given(boxes, crops)
def test_crop_window_when_far_from_every_border_then_centred_on_the_figure(
    figure: Box, crop: CropSettings
) -> None:
    moved = box(figure.left + 20_000, figure.top + 20_000, figure.width, figure.height)
    window = crop_window(moved, box(0, 0, 50_000, 50_000), crop)
    assert abs((window.left + window.right) - (moved.left + moved.right)) <= 2
    assert abs((window.top + window.bottom) - (moved.top + moved.bottom)) <= 2


def test_crop_window_when_at_the_border_then_shifted_not_shrunk() -> None:
    crop = CropSettings(padding=0.1)
    window = crop_window(box(0, 300, 200, 200), box(0, 100, 1280, 520), crop)
    assert window == box(0, 280, 240, 240)


def test_crop_window_when_figure_is_tall_then_widened_to_the_aspect() -> None:
    window = crop_window(box(600, 50, 100, 600), box(0, 0, 1280, 720), CropSettings(padding=0))
    assert window == box(500, 50, 300, 600)


def test_crop_window_when_side_is_512_then_square() -> None:
    crop = CropSettings(padding=0, side=512)
    window = crop_window(box(600, 50, 100, 600), box(0, 0, 1280, 720), crop)
    assert (window.width, window.height) == (600, 600)


def test_crop_window_when_wide_frame_is_cinemascope_then_the_middle_is_cut() -> None:
    picture = box(0, 92, 1280, 536)
    assert crop_window(picture, picture, CropSettings()) == box(104, 92, 1072, 536)


def test_crop_window_when_figure_is_in_the_bars_then_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        crop_window(box(0, 0, 100, 50), box(0, 92, 1280, 536), CropSettings())


@given(boxes, boxes)
def test_intersection_over_union_when_swapped_then_the_same_between_0_and_1(
    first: Box, second: Box
) -> None:
    overlap = intersection_over_union(first, second)
    assert overlap == intersection_over_union(second, first)
    assert 0 <= overlap <= 1
    assert intersection_over_union(first, first) == 1


def test_intersection_over_union_when_half_is_shared_then_a_third() -> None:
    assert intersection_over_union(box(0, 0, 10, 10), box(5, 0, 10, 10)) == pytest.approx(1 / 3)


def test_intersection_when_boxes_only_touch_then_none() -> None:
    assert intersection(box(0, 0, 10, 10), box(10, 0, 10, 10)) is None


def instance(left: float, top: float, width: float, height: float) -> Instance:
    return Instance(left=left, top=top, width=width, height=height, confidence=90)


def test_instance_box_when_reaching_over_the_border_then_cut_at_it() -> None:
    assert instance_box(instance(-0.1, 0.5, 0.3, 0.7), (1000, 500)) == box(0, 250, 200, 250)


@pytest.mark.parametrize("place", [(1.1, 0, 0.2, 0.2), (0.5, 0.5, 0.0, 0.5), (-0.5, 0, 0.4, 1)])
def test_instance_box_when_outside_or_empty_then_none(
    place: tuple[float, float, float, float],
) -> None:
    assert instance_box(instance(*place), (1000, 500)) is None

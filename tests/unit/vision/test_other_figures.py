from hypothesis import given, settings
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.sampling_settings import CropSettings
from onmodel.vision.geometry import crop_window, intersection
from onmodel.vision.other_figures import narrow_window, visible_figures

FRAME = Box(left=0, top=0, width=1920, height=1080)
CROP = CropSettings()


def box(left: int, top: int, width: int, height: int) -> Box:
    return Box(left=left, top=top, width=width, height=height)


@st.composite
def figures(draw: st.DrawFn) -> list[Box]:
    found = []
    for _ in range(draw(st.integers(1, 5))):
        width, height = draw(st.integers(120, 900)), draw(st.integers(120, 900))
        left, top = draw(st.integers(0, 1920 - width)), draw(st.integers(0, 1080 - height))
        found.append(box(left, top, width, height))
    return found


@given(figures())
@settings(max_examples=60)
def test_narrow_window_when_figures_stand_anywhere_then_it_is_never_worse(found: list[Box]) -> None:
    figure, *others = found
    plain, narrow = crop_window(figure, FRAME, CROP), narrow_window(figure, FRAME, CROP, others)
    assert intersection(narrow, FRAME) == narrow
    if narrow != plain:
        assert intersection(narrow, figure) == figure
        before = [one.share for one in visible_figures(figure, plain, others) if one.is_large]
        after = [one.share for one in visible_figures(figure, narrow, others) if one.is_large]
        assert len(after) < len(before)


def test_narrow_window_when_nobody_else_is_there_then_as_ever() -> None:
    figure = box(800, 300, 300, 400)
    assert narrow_window(figure, FRAME, CROP, []) == crop_window(figure, FRAME, CROP)


def test_narrow_window_when_another_stands_in_the_padding_then_cut_at_its_edge() -> None:
    figure, other = box(600, 200, 500, 500), box(1110, 100, 500, 800)
    plain, narrow = crop_window(figure, FRAME, CROP), narrow_window(figure, FRAME, CROP, [other])
    assert intersection(plain, other) is not None
    small = box(1110, 100, 20, 20)  # no figure to speak of
    assert narrow_window(figure, FRAME, CROP, [small]) == plain
    wide = CropSettings(padding=0.6)
    assert narrow_window(figure, FRAME, wide, [other]).right == 1110
    assert narrow == plain, "an arm's width of another figure is not half of one"


def test_narrow_window_when_the_figures_overlap_then_both_stay_and_are_known() -> None:
    figure, other = box(600, 200, 500, 500), box(900, 200, 500, 500)
    window = narrow_window(figure, FRAME, CROP, [other])
    assert window == crop_window(figure, FRAME, CROP)
    (seen,) = visible_figures(figure, window, [other])
    assert seen.box == other
    assert seen.share == (window.right - 900) * 500 / figure.area
    assert seen.is_large


def test_narrow_window_when_what_remains_would_be_enlarged_too_much_then_not_cut() -> None:
    figure = box(700, 400, 130, 130)
    others = [box(390, 350, 300, 300), box(840, 350, 300, 300)]
    plain = crop_window(figure, FRAME, CropSettings(padding=0.9, max_enlargement=16))
    for limit, narrower in ((16.0, True), (2.0, False)):
        crop = CropSettings(padding=0.9, max_enlargement=limit)
        left_out = not visible_figures(figure, narrow_window(figure, FRAME, crop, others), others)
        assert left_out is narrower
    assert len(visible_figures(figure, plain, others)) == 2


def test_visible_figures_when_a_box_is_around_the_figure_then_it_is_nobody_else() -> None:
    figure, group = box(600, 200, 300, 500), box(580, 190, 900, 520)
    window = crop_window(figure, FRAME, CROP)
    assert visible_figures(figure, window, [group]) == ()
    assert [one.box for one in visible_figures(group, group, [figure])] == [figure]


def test_visible_figures_when_several_then_the_largest_part_first() -> None:
    figure, window = box(600, 200, 400, 400), box(0, 0, 1920, 1080)
    near, far = box(1100, 200, 300, 400), box(100, 200, 80, 400)
    found = visible_figures(figure, window, [far, near])
    assert [(one.box, one.share) for one in found] == [(near, 0.75), (far, 0.2)]
    assert [one.is_large for one in found] == [True, False]

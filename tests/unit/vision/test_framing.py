import pytest

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection
from onmodel.contracts.framing import Framing
from onmodel.contracts.sampling_settings import CropSettings
from onmodel.vision.framing import framing_of
from onmodel.vision.geometry import crop_window

PICTURE = Box(left=0, top=100, width=1000, height=800)
"""A frame with black bars above and below."""


def box(left: int, top: int, right: int, bottom: int) -> Box:
    return Box(left=left, top=top, width=right - left, height=bottom - top)


def framing(
    figure: Box, *, wide: bool = False, face: Box | None = None, is_grown: bool = False
) -> Framing | None:
    found = Detection(
        box=figure, label="Person", confidence=90, wide=wide, face=face, is_grown=is_grown
    )
    return framing_of(found, PICTURE, crop_window(figure, PICTURE, CropSettings()))


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (box(300, 200, 500, 800), Framing.FULL),
        (box(300, 400, 600, 900), Framing.PART),  # at the lower bar
        (box(300, 400, 600, 888), Framing.PART),  # 12 pixels above it, of a box 488 high
        (box(300, 400, 600, 880), Framing.FULL),
        (box(300, 100, 600, 700), Framing.PART),
        (box(0, 200, 300, 800), Framing.PART),
        (box(700, 200, 1000, 800), Framing.PART),
        (PICTURE, None),
    ],
)
def test_framing_when_only_a_box_is_known_then_whether_an_edge_cuts_it(
    figure: Box, expected: Framing | None
) -> None:
    assert framing(figure) == expected


def test_framing_when_the_finder_named_no_place_then_wide() -> None:
    assert framing(PICTURE, wide=True) == Framing.WIDE


def test_framing_when_most_of_the_picture_is_around_the_figure_then_wide() -> None:
    figure = Detection(box=box(400, 400, 500, 600), label="Person", confidence=90)
    assert framing_of(figure, PICTURE, box(200, 200, 700, 700)) == Framing.WIDE
    assert framing_of(figure, PICTURE, box(300, 350, 600, 700)) == Framing.FULL


def test_framing_when_the_window_cuts_the_figure_off_then_part() -> None:
    figure = Detection(box=box(300, 200, 500, 800), label="Person", confidence=90)
    assert framing_of(figure, PICTURE, box(300, 250, 500, 800)) == Framing.PART


FACE = box(460, 200, 540, 300)
"""A hundred pixels high."""


@pytest.mark.parametrize(
    ("bottom", "expected"),
    [
        (330, Framing.HEAD),
        (430, Framing.HEAD),
        (470, None),  # between the shoulders and the chest
        (550, Framing.HALF),
        (680, Framing.HALF),  # at the hips
        (750, None),  # between the hips and the feet
    ],
)
def test_framing_when_a_box_is_grown_from_a_face_then_by_faces_below_it(
    bottom: int, expected: Framing | None
) -> None:
    grown = Detection(
        box=box(420, 150, 580, bottom), label="Face", confidence=90, face=FACE, is_grown=True
    )
    assert framing_of(grown, PICTURE, box(400, 120, 600, min(900, bottom + 20))) == expected


def test_framing_when_a_grown_box_reaches_the_feet_then_full() -> None:
    small = box(480, 150, 520, 200)
    assert framing(box(400, 120, 600, 625), face=small, is_grown=True) == Framing.FULL


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (box(300, 150, 700, 850), Framing.FULL),  # a sitting person: few faces, and all of it
        (box(300, 150, 700, 900), Framing.PART),  # cut off between the hips and the feet
        (box(0, 150, 300, 600), Framing.HALF),
        (box(0, 150, 300, 400), Framing.HEAD),
    ],
)
def test_framing_when_another_finders_box_has_a_face_then_it_tells_what_an_edge_leaves(
    figure: Box, expected: Framing
) -> None:
    assert framing(figure, face=FACE) == expected

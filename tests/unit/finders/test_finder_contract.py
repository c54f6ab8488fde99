"""What the port promises, held by every finder of the catalogue; and the catalogue itself.

A new finder adds its fake service to `SERVICES`: what the service answers comes from one list of
figures, in fractions of the frame.
"""

from __future__ import annotations

import json
import typing
from dataclasses import replace

import numpy as np
import pytest
from fakes.caption_model import FakeCaptionModel
from fakes.faces import FakeFaces, face
from fakes.labels import FakeLabels, figure
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.finders import (
    FacesFinderSettings,
    FinderKind,
    FinderSettings,
    GroundingFinderSettings,
)
from onmodel.finders import FINDERS, FinderServices, make_finder
from onmodel.finders.faces import GROWTHS
from onmodel.money.finder_usage import FINDER_USAGE
from onmodel.pages.finder_words import WORDS
from onmodel.ports.finder import Finder
from onmodel.vision.detections import SAME_FIGURE
from onmodel.vision.geometry import intersection, intersection_over_union

WIDTH, HEIGHT = 640, 360
FRAME = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)

Place = tuple[float, float, float, float]
"""Left, top, width, height of a figure, in fractions of the frame."""


def services(places: list[Place]) -> FinderServices:
    """Services that see a figure at each place, whatever the picture is."""
    return FinderServices(
        labels=lambda: FakeLabels(tuple(figure(*place, name="Person") for place in places)),
        faces=lambda: FakeFaces(tuple(face(*of_figure(*place)) for place in places)),
        grounding=lambda _: FakeCaptionModel(boxes_of(places)),
        custom_labels=lambda _: FakeLabels(tuple(figure(*place, name="Rinky") for place in places)),
    )


def boxes_of(places: list[Place]) -> str:
    """A model's answer with these boxes, in thousandths."""
    label = GroundingFinderSettings().look_for[0]
    return json.dumps(
        [
            {"label": label, "bbox": [round(1000 * side) for side in (x, y, x + w, y + h)]}
            for x, y, w, h in places
        ]
    )


def of_figure(left: float, top: float, width: float, height: float) -> Place:
    """The face from which the figure at this place is grown."""
    growth = GROWTHS[FacesFinderSettings().figure]
    across, down = width / (1 + 2 * growth.aside), height / (1 + growth.above + growth.below)
    return left + growth.aside * across, top + growth.above * down, across, down


def finder(kind: str, places: list[Place]) -> Finder:
    return FINDERS[kind](FinderSettings(), services(places))


fractions = st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2), st.floats(0, 1), st.floats(0, 1))
pictures = st.builds(
    lambda left, top, right, bottom: Box(left=left, top=top, width=right - left,
                                         height=bottom - top),
    st.integers(0, 100), st.integers(0, 100), st.integers(300, WIDTH), st.integers(200, HEIGHT),
)  # fmt: skip


@pytest.mark.parametrize("kind", FINDERS)
@given(places=st.lists(fractions, max_size=6), picture=pictures)
def test_find_when_figures_are_anywhere_then_each_once_and_inside_the_picture(
    kind: str, places: list[Place], picture: Box
) -> None:
    found = finder(kind, places).find(FRAME, picture).detections
    assert all(intersection(each.box, picture) == each.box for each in found)
    assert all(
        intersection_over_union(one.box, other.box) < SAME_FIGURE
        for i, one in enumerate(found)
        for other in found[:i]
    )


@pytest.mark.parametrize("kind", FINDERS)
def test_find_when_two_figures_stand_apart_then_both_within_a_pixel(kind: str) -> None:
    picture = Box(left=0, top=0, width=WIDTH, height=HEIGHT)
    places = [(0.1, 0.2, 0.2, 0.5), (0.6, 0.1, 0.3, 0.8)]
    found = finder(kind, places).find(FRAME, picture).detections
    boxes = sorted((b.left, b.top, b.width, b.height) for b in (each.box for each in found))
    assert boxes == [
        pytest.approx((64, 72, 128, 180), abs=1),
        pytest.approx((384, 36, 192, 288), abs=1),
    ]
    assert all(each.label and each.confidence > 0 and not each.wide for each in found)


@pytest.mark.parametrize("kind", FINDERS)
def test_find_when_nothing_is_there_then_no_detection_and_words_for_it(kind: str) -> None:
    found = finder(kind, []).find(FRAME, Box(left=0, top=0, width=WIDTH, height=HEIGHT))
    assert found.detections == ()
    assert found.seen


@pytest.mark.parametrize("kind", FINDERS)
def test_find_when_asked_again_then_the_same_answer_and_the_frame_is_untouched(kind: str) -> None:
    picture, before = Box(left=0, top=30, width=WIDTH, height=300), FRAME.copy()
    asked = finder(kind, [(0.1, 0.2, 0.2, 0.5)])
    assert asked.find(FRAME, picture) == asked.find(FRAME, picture)
    assert np.array_equal(before, FRAME)


def test_catalogue_when_read_then_has_a_finder_for_every_kind_of_the_settings() -> None:
    assert set(FINDERS) == set(typing.get_args(FinderKind))


def test_catalogue_when_read_then_every_finder_has_its_price_and_its_words() -> None:
    assert set(FINDERS) == set(FINDER_USAGE) == set(WORDS)


def test_make_finder_when_two_kinds_are_set_then_both_are_asked_and_each_figure_is_once() -> None:
    asked = services([(0.1, 0.2, 0.2, 0.5)])
    picture = Box(left=0, top=0, width=WIDTH, height=HEIGHT)
    made = make_finder(FinderSettings(kind=("faces", "labels")), asked)
    (found,) = made.find(FRAME, picture).detections
    assert (found.label, found.found_by) == ("Face", ("faces", "labels"))
    assert made.find(FRAME, picture).seen == "Face 99 %; Person 95 %"


def test_make_finder_when_one_of_two_has_no_usable_answer_then_told_beside_the_others_figures() -> (
    None
):
    asked = services([(0.1, 0.2, 0.2, 0.5)])
    prose = replace(asked, grounding=lambda _: FakeCaptionModel("A rabbit."))
    made = make_finder(FinderSettings(kind=("grounding", "labels")), prose)
    found = made.find(FRAME, Box(left=0, top=0, width=WIDTH, height=HEIGHT))
    assert [each.found_by for each in found.detections] == [("labels",)]
    assert found.unusable.startswith("the answer is not one JSON array")


def test_make_finder_when_a_box_holds_nothing_then_handed_on_with_its_reason() -> None:
    whole = services([(0.0, 0.0, 1.0, 1.0)])
    made = make_finder(FinderSettings(kind=("grounding",)), whole)
    found = made.find(FRAME, Box(left=0, top=0, width=WIDTH, height=HEIGHT))
    assert found.detections == ()
    assert [box.reason for box in found.refused] == ["person: the whole picture (100% of it)"]

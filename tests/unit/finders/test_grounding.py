from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from fakes.caption_model import FakeCaptionModel

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection
from onmodel.contracts.finders import GroundingFinderSettings
from onmodel.contracts.models import PictureLimits, Turn
from onmodel.finders.grounding import CONFIDENCE, GroundingFinder
from onmodel.ports.finder import FrameDetections

FRAME = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), np.uint8)
PICTURE = Box(left=0, top=0, width=1000, height=1000)
SETTINGS = GroundingFinderSettings(look_for=("a fat rabbit", "a flying squirrel"))
RABBIT = {"label": "A fat rabbit", "bbox": [100, 200, 400, 900]}
SQUIRREL = {"label": "a flying squirrel", "bbox": [500, 300, 800, 700]}


def find(
    answer: str | Callable[[Sequence[Turn]], str],
    pixels: np.ndarray = FRAME,
    picture: Box = PICTURE,
) -> tuple[FrameDetections, FakeCaptionModel]:
    model = FakeCaptionModel(answer)
    return GroundingFinder(model, SETTINGS).find(pixels, picture), model


def test_find_when_two_are_answered_then_both_with_the_settings_words() -> None:
    found, model = find(json.dumps([RABBIT, SQUIRREL]))
    assert found.detections == (
        Detection(box=Box(left=100, top=200, width=300, height=700), label="a fat rabbit",
                  confidence=CONFIDENCE),
        Detection(box=Box(left=500, top=300, width=300, height=400), label="a flying squirrel",
                  confidence=CONFIDENCE),
    )  # fmt: skip
    assert found.seen == "A fat rabbit, a flying squirrel"
    assert (found.refused, found.unusable) == ((), "")
    assert len(model.asked) == 1


def test_find_when_asked_then_the_productions_words_and_one_picture() -> None:
    _, model = find("[]")
    (turn,) = model.asked[0]
    assert "- a fat rabbit\n- a flying squirrel\n" in turn.text
    assert "from 0 to 1000" in turn.text
    assert turn.picture is not None
    assert turn.picture.data is not None


def test_find_when_the_frame_is_large_then_shrunk_to_the_models_limit() -> None:
    model = FakeCaptionModel("[]")
    model.picture_limits = PictureLimits(size_bytes=60_000, longest_side=640)
    GroundingFinder(model, SETTINGS).find(FRAME, PICTURE)
    picture = model.asked[0][0].picture
    assert picture is not None
    assert picture.data is not None
    assert len(picture.data) <= 60_000
    assert max(cv2.imdecode(np.frombuffer(picture.data, np.uint8), 1).shape) <= 640


def test_find_when_nothing_is_answered_then_nothing_and_no_second_question() -> None:
    found, model = find("[]")
    assert found == FrameDetections((), "nothing")
    assert len(model.asked) == 1


def test_find_when_the_first_answer_is_prose_then_asked_again_with_its_fault() -> None:
    answers = iter(["Two figures.", json.dumps([SQUIRREL])])
    found, model = find(lambda _: next(answers))
    assert [each.label for each in found.detections] == ["a flying squirrel"]
    assert [turn.role for turn in model.asked[1]] == ["user", "assistant", "user"]
    assert "cannot be used: the answer is not one JSON array." in model.asked[1][2].text


def test_find_when_the_second_answer_is_prose_too_then_unusable_and_not_a_third_question() -> None:
    found, model = find("Two figures.")
    assert found.detections == ()
    assert found.unusable == ("the answer is not one JSON array, also after it was asked for again")
    assert len(model.asked) == 2


def test_find_when_the_answer_is_filtered_then_unusable_with_the_reason() -> None:
    found, _ = find("")
    assert found == FrameDetections(
        (), "no usable answer: the answer is empty", unusable="the answer is empty"
    )


def test_find_when_a_box_is_flat_or_the_whole_picture_then_refused_with_the_reason() -> None:
    pixels = FRAME.copy()
    pixels[:500] = 120
    flat = {"label": "a fat rabbit", "bbox": [100, 50, 400, 450]}
    whole = {"label": "a fat rabbit", "bbox": [0, 0, 1000, 1000]}
    found, _ = find(json.dumps([flat, whole, SQUIRREL | {"bbox": [500, 550, 800, 950]}]), pixels)
    assert [each.label for each in found.detections] == ["a flying squirrel"]
    assert [(box.box.top, box.reason.split(" (")[0]) for box in found.refused] == [
        (50, "a fat rabbit: without detail"),
        (0, "a fat rabbit: the whole picture"),
    ]


def test_find_when_a_box_is_answered_twice_then_one_figure() -> None:
    found, _ = find(json.dumps([RABBIT, RABBIT, RABBIT | {"bbox": [105, 200, 400, 905]}]))
    assert len(found.detections) == 1


def test_find_when_only_something_else_is_answered_then_asked_again_with_its_label() -> None:
    answers = iter([json.dumps([RABBIT | {"label": "rabbit"}]), json.dumps([RABBIT])])
    found, model = find(lambda _: next(answers))
    assert [each.label for each in found.detections] == ["a fat rabbit"]
    assert '"label" "rabbit" is none of the figures asked for' in model.asked[1][2].text


def test_find_when_something_else_is_answered_again_then_unusable_with_its_label() -> None:
    found, model = find(json.dumps([RABBIT | {"label": "ein fetter Hase"}]))
    assert found.detections == ()
    assert found.unusable.startswith('"label" "ein fetter Hase" is none of the figures asked for')
    assert len(model.asked) == 2


def test_find_when_something_else_is_answered_beside_a_figure_then_its_box_is_refused() -> None:
    found, model = find(json.dumps([RABBIT, {"label": "a tree", "bbox": [500, 0, 800, 900]}]))
    assert [each.label for each in found.detections] == ["a fat rabbit"]
    assert [(box.box.left, box.reason) for box in found.refused] == [(500, "a tree: not asked for")]
    assert len(model.asked) == 1


def test_find_when_a_label_has_decomposed_letters_then_the_settings_words() -> None:
    settings = GroundingFinderSettings(look_for=("die böse Müllerin",))
    label = unicodedata.normalize("NFD", "Die böse Müllerin")
    model = FakeCaptionModel(json.dumps([RABBIT | {"label": label}]))
    found = GroundingFinder(model, settings).find(FRAME, PICTURE)
    assert [each.label for each in found.detections] == ["die böse Müllerin"]


def test_find_when_a_box_is_outside_the_picture_area_then_refused_with_the_reason() -> None:
    picture = Box(left=0, top=0, width=450, height=1000)
    found, _ = find(json.dumps([RABBIT, SQUIRREL]), picture=picture)
    assert [each.label for each in found.detections] == ["a fat rabbit"]
    assert [(box.box.left, box.reason) for box in found.refused] == [
        (500, "a flying squirrel: outside the picture")
    ]


def test_find_when_a_box_reaches_into_the_bars_then_cut_at_the_picture() -> None:
    picture = Box(left=0, top=300, width=1000, height=500)
    found, _ = find(json.dumps([RABBIT]), picture=picture)
    assert [each.box for each in found.detections] == [
        Box(left=100, top=300, width=300, height=500)
    ]

import json

import pytest

from onmodel.formats.box_answer import AnsweredBox, boxes_in

ONE = {"label": "a fat  rabbit", "bbox": [100, 200.5, 300, 1000]}


def test_boxes_when_the_answer_is_an_array_then_each_box() -> None:
    assert boxes_in(f" {json.dumps([ONE, ONE])}\n") == (
        (AnsweredBox("a fat rabbit", 100, 200.5, 300, 1000),) * 2,
        "",
    )


@pytest.mark.parametrize("text", ["[]", "```json\n[]\n```", "```JSON\n[]\n```", "```\n[ ]```"])
def test_boxes_when_nothing_is_there_then_no_box_and_no_fault(text: str) -> None:
    assert boxes_in(text) == ((), "")


@pytest.mark.parametrize(
    "text",
    [
        "I see a rabbit on the left.",
        f"Here they are: {json.dumps([ONE])}",
        f"```json\n{json.dumps([ONE])}\n``` as you asked",
        json.dumps(ONE),
        json.dumps([ONE])[:-5],
        '[{"label": "a", "bbox": [NaN, 0, 1, 1]}]',
        '[{"label": "\\ud800", "bbox": [0, 0, 9, 9]}]',
        "[" * 100_000,
        "",
    ],
    ids=["prose", "around", "after", "object", "cut", "nan", "half a letter", "deep", "empty"],
)
def test_boxes_when_the_answer_is_not_one_array_then_the_fault(text: str) -> None:
    assert boxes_in(text) == (None, "the answer is not one JSON array")


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"bbox": [0, 0, 1400, 900]}, '"bbox" of "a fat rabbit" is outside 0 to 1000: 0, 0, 1400'),
        ({"bbox": [-1, 0, 10, 10]}, "is outside 0 to 1000: -1, 0, 10, 10"),
        ({"bbox": [900, 800, 100, 900]}, "with left < right and top < bottom: 900, 800, 100, 900"),
        ({"bbox": [5, 5, 5, 9]}, "with left < right and top < bottom"),
        ({"bbox": [0, 0, 10**400, 1]}, "is outside 0 to 1000: 0, 0, 1000000000, 1"),
        ({"bbox": [0.1, 0.2, 0.4, 1]}, "must be in thousandths: 0.1, 0.2, 0.4, 1"),
        ({"bbox": [1, 2, 3]}, "must be four numbers"),
        ({"bbox": [1, 2, 3, True]}, "must be four numbers"),
        ({"bbox": ["1", 2, 3, 4]}, "must be four numbers"),
        ({"bbox": {"left": 1}}, "must be four numbers"),
        ({"label": " "}, '"label" must be one of the figures'),
        ({"label": 7}, '"label" must be one of the figures'),
        ({"confidence": 0.9}, 'with the keys "label" and "bbox" and no other'),
    ],
)
def test_boxes_when_one_is_impossible_then_none_and_its_fault(
    changed: dict[str, object], fault: str
) -> None:
    boxes, said = boxes_in(json.dumps([ONE, ONE | changed]))
    assert boxes is None
    assert fault in said


def test_boxes_when_there_are_two_hundred_then_none_and_the_number() -> None:
    assert boxes_in(json.dumps([ONE] * 200)) == (
        None,
        "the answer has 200 boxes, and at most 20 are possible",
    )

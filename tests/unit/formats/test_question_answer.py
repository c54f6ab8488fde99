from __future__ import annotations

import json
from typing import Any

import pytest

from onmodel.contracts.questions import SceneQuestion
from onmodel.formats.question_answer import answers_in, questions_in

FLUTE = {
    "number": 2, "question": "Is there a flute  in the picture?", "kind": "thing",
    "about": "a flute", "parents": [],
}  # fmt: skip
GOLDEN = {
    "number": 3, "question": "Is the flute golden?", "kind": "detail", "about": "", "parents": [2]
}  # fmt: skip


def test_questions_when_an_array_then_all_with_their_parents() -> None:
    found, fault = questions_in(f"```json\n{json.dumps([FLUTE, GOLDEN])}\n```", 2)
    assert fault == ""
    assert found == (
        SceneQuestion(
            number=2, text="Is there a flute in the picture?", kind="thing", about="a flute"
        ),
        SceneQuestion(number=3, text="Is the flute golden?", kind="detail", parents=(2,)),
    )


@pytest.mark.parametrize(
    ("items", "fault"),
    [
        ("no JSON", "the answer is not one JSON array"),
        ({"questions": [FLUTE]}, "the answer is not one JSON array of 1 to 10 questions"),
        ([], "the answer is not one JSON array of 1 to 10 questions"),
        ([FLUTE] * 11, "the answer is not one JSON array of 1 to 10 questions"),
        ([FLUTE | {"number": 7}], "question 2: number must be 2"),
        ([FLUTE | {"number": True}], "question 2: number: Input should be a valid integer"),
        ([FLUTE | {"parents": [2]}], "question 2: parents must be numbers of questions before it"),
        ([FLUTE | {"parents": [0]}], "question 2: parents must be numbers of questions before it"),
        ([FLUTE | {"about": " "}], "question 2: about must name the thing"),
        ([FLUTE | {"kind": "mood"}], "question 2: kind: Input should be 'figure', 'thing',"),
        ([FLUTE | {"question": "A flute."}], "question 2: question: String should match"),
        ([FLUTE | {"question": "a" * 200 + "?"}], "question 2: question: String should have at"),
        ([FLUTE | {"answer": "yes"}], "question 2: answer: Extra inputs are not permitted"),
        (["Is there a flute?"], "question 2: Input should be a valid dictionary"),
    ],
)
def test_questions_when_the_answer_has_another_form_then_its_fault(items: Any, fault: str) -> None:
    found, told = questions_in(items if isinstance(items, str) else json.dumps(items), 2)
    assert found is None
    assert told.startswith(fault)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('{"1": "yes", "2": "no"}', {1: "yes", 2: "no"}),
        ('```json\n{"1": "Yes", "2": " NO "}\n```', {1: "yes", 2: "no"}),
        ('{"1": "maybe", "2": "no"}', {1: None, 2: "no"}),
        ('{"1": true, "2": ["no"]}', {1: None, 2: None}),
        ('{"2": "no"}', {1: None, 2: "no"}),
        ('{"1": "yes, there is", "2": ""}', {1: None, 2: None}),
    ],
)
def test_answers_when_neither_yes_nor_no_then_not_answered(
    said: str, found: dict[int, str | None]
) -> None:
    assert answers_in(said, (1, 2)) == (found, "")


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("1. yes 2. no", "the answer is not one JSON object"),
        ('["yes", "no"]', "the answer is not one JSON object"),
        ('{"1": "yes", "1": "no"}', "the answer is not one JSON object"),
        ('{"1": "yes", "3": "no"}', "no question has the number 3"),
    ],
)
def test_answers_when_they_cannot_be_told_apart_then_the_fault(said: str, fault: str) -> None:
    assert answers_in(said, (1, 2)) == (None, fault)

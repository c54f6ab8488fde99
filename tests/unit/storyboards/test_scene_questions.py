from __future__ import annotations

import json
from collections.abc import Sequence

from fakes.caption_model import FakeCaptionModel

from onmodel.contracts.characters import Character
from onmodel.contracts.models import Turn
from onmodel.storyboards.scene_questions import QuestionWriter, figure_questions

BUCK = Character(name="Buck", description="a large grey rabbit, who is kind.")
FRANK = Character(name="Frank")
GOOD = json.dumps(
    [{"number": 1, "question": "Is it night?", "kind": "detail", "about": "", "parents": []}]
)


def test_figures_when_described_then_by_description_else_by_their_number() -> None:
    assert [question.text for question in figure_questions([BUCK])] == [
        "Is this figure in the picture: Buck, a large grey rabbit, who is kind?"
    ]
    assert [question.text for question in figure_questions([FRANK])] == [
        "Can you see a figure (people, animals or drawn characters)?"
    ]
    assert [question.text for question in figure_questions([BUCK, FRANK])] == [
        "Is this figure in the picture: Buck, a large grey rabbit, who is kind?",
        "Can you see at least 2 figures (people, animals or drawn characters)?",
    ]
    assert figure_questions([]) == ()


def test_write_when_the_first_answer_is_faulty_then_asked_again_with_its_fault() -> None:
    def answer(turns: Sequence[Turn]) -> str:
        return GOOD if len(turns) == 3 else GOOD.replace('"number": 1', '"number": 4')

    model = FakeCaptionModel(answer)
    written = QuestionWriter(model).write(1, "It is  night", ())
    assert [question.text for question in written.questions] == ["Is it night?"]
    assert written.fault == ""
    assert "question 1: number must be 1." in model.asked[1][2].text
    assert "for this scene:\nIt is night\n" in model.asked[0][0].text


def test_write_when_filtered_then_the_figures_alone_and_why() -> None:
    written = QuestionWriter(FakeCaptionModel("")).write(2, "Buck fights", (BUCK,))
    assert [question.kind for question in written.questions] == ["figure"]
    assert written.fault == "the answer is empty"

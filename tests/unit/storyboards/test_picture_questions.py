from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from fakes.caption_model import FakeCaptionModel
from fakes.question_model import FakeQuestionModel

from onmodel.contracts.models import PictureLimits, Turn
from onmodel.contracts.panels import PanelRequest, PlannedPanel
from onmodel.contracts.questions import SceneQuestion
from onmodel.storyboards.picture_questions import PictureQuestions

PICTURE = np.random.default_rng(3).integers(0, 255, (1500, 1000, 3), dtype=np.uint8)
FLUTE = SceneQuestion(number=1, text="Is there a flute?", kind="thing", about="a flute")
GOLDEN = SceneQuestion(number=2, text="Is the flute golden?", kind="detail", parents=(1,))
LLAMA = SceneQuestion(number=1, text="Is there a llama?", kind="thing", about="a llama")


def panel(number: int = 1, seed: int = 5) -> PlannedPanel:
    request = PanelRequest(text="Buck plays a flute", seed=seed)
    return PlannedPanel(number=number, scene="Buck plays", characters=(), request=request)


def questions(model: FakeCaptionModel, seed: int = 5) -> PictureQuestions:
    made = PictureQuestions.of_panel(model, panel(seed=seed), {1: (FLUTE, GOLDEN), 2: (LLAMA,)})
    assert made is not None
    return made


@pytest.mark.parametrize("seed", range(6))
def test_ask_when_a_picture_is_looked_at_then_one_call_and_each_answer_is_of_its_question(
    seed: int,
) -> None:
    """The control stands at another place for another seed."""
    model = FakeQuestionModel(lambda text: text == "Is there a flute?")
    found = questions(model, seed).ask(PICTURE)
    assert [(said.question, said.answer) for said in found.questions] == [
        (FLUTE, "yes"),
        (GOLDEN, "no"),
    ]
    assert (found.control, found.control_answer, found.fault) == ("Is there a llama?", "no", "")
    assert len(model.asked) == 1


def test_ask_when_a_model_takes_small_pictures_then_shrunk() -> None:
    model = FakeQuestionModel()
    model.picture_limits = PictureLimits(size_bytes=30_000, longest_side=300)
    questions(model).ask(PICTURE)
    sent = model.asked[0][0].picture
    assert sent is not None and sent.data is not None
    assert len(sent.data) <= 30_000
    assert max(cv2.imdecode(np.frombuffer(sent.data, np.uint8), 1).shape[:2]) <= 300


def test_ask_when_answers_are_neither_yes_nor_no_then_not_answered() -> None:
    found = questions(FakeQuestionModel(lambda _: None)).ask(PICTURE)
    assert [said.answer for said in found.questions] == [None, None]
    assert (found.control_answer, found.fault) == (None, "")


@pytest.mark.parametrize(
    ("answer", "fault", "calls"),
    [
        ("", "the answer is empty", 1),
        ("I see a rabbit.", "the answer is not one JSON object, also after it was asked", 2),
    ],
)
def test_ask_when_no_answer_can_be_used_then_why(answer: str, fault: str, calls: int) -> None:
    model = FakeCaptionModel(answer)
    found = questions(model).ask(PICTURE)
    assert {said.answer for said in found.questions} == {None}
    assert found.fault.startswith(fault)
    assert len(model.asked) == calls


def test_ask_when_the_second_answer_is_right_then_used() -> None:
    def answers(turns: Sequence[Turn]) -> str:
        return '{"1": "yes", "2": "no", "3": "no"}' if len(turns) > 1 else "Yes!"

    found = questions(FakeCaptionModel(answers)).ask(PICTURE)
    assert None not in {said.answer for said in found.questions}


def test_questions_when_a_scene_has_none_then_nothing_is_asked() -> None:
    assert PictureQuestions.of_panel(FakeQuestionModel(), panel(3), {1: (FLUTE,)}) is None

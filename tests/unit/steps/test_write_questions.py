from __future__ import annotations

import pytest
from fakes.drawing_in_memory import CAST, DrawingInMemory
from fakes.question_model import FakeQuestionModel

from onmodel.contracts.keys import accepted_settings_key
from onmodel.contracts.panels import PanelItem
from onmodel.contracts.settings import Settings, StoryboardSettings
from onmodel.errors import EventRefused, Throttled
from onmodel.formats.jsonl import write_lines
from onmodel.steps.write_questions import SWITCHED_OFF

NAMELESS = b"size: 512x512\nscenes: [A bridge over a river, A lamp on a table]\n"


def studio_of(text: bytes | None = None, questions: FakeQuestionModel | None = None) -> (
    DrawingInMemory
):  # fmt: skip
    studio = DrawingInMemory()
    studio.questions = questions or FakeQuestionModel()
    studio.serve()
    if text is None:
        studio.upload()
    else:
        studio.upload(text)
    return studio


def test_write_when_characters_are_described_then_asked_for_first_and_the_model_for_the_rest() -> (
    None
):
    studio = studio_of()
    written = studio.write_questions(studio.plan())
    assert [[question.text for question in scene.questions] for scene in written.scenes] == [
        [
            "Is this figure in the picture: Buck, a large grey rabbit?",
            "Is there a smiles in the picture?",
            "Is the smiles whole?",
        ],
        [
            "Is this figure in the picture: Frank, a flying squirrel?",
            "Is there a waits in the picture?",
            "Is the waits whole?",
        ],
    ]
    assert [question.parents for question in written.scenes[0].questions] == [(), (), (2,)]
    assert len(studio.questions.asked) == 2
    assert {use.item for use in written.usage if use.paid} == {
        "bedrock.amazon.nova-pro-v1:0.input-1k",
        "bedrock.amazon.nova-pro-v1:0.output-1k",
    }


def test_write_when_a_scene_has_takes_and_pictures_then_asked_once() -> None:
    studio = studio_of(b"size: 512x512\nimages: 2\ntakes: 3\nscenes: [Buck smiles]\n")
    plan = studio.plan()
    assert plan.panels == 3
    written = studio.write_questions(plan)
    assert [scene.scene for scene in written.scenes] == [1]
    assert len(studio.questions.asked) == 1


def test_write_when_a_storyboard_has_no_names_then_the_models_questions_alone() -> None:
    studio = studio_of(NAMELESS)
    written = studio.write_questions(studio.plan())
    assert [scene.questions[0].text for scene in written.scenes] == [
        "Is there a river in the picture?",
        "Is there a table in the picture?",
    ]


def test_write_when_repeated_then_nothing_is_asked_and_the_cost_stays() -> None:
    studio = studio_of()
    plan = studio.plan()
    first = studio.write_questions(plan)
    assert studio.write_questions(plan) == first
    assert len(studio.questions.asked) == 2


def test_write_when_it_died_before_its_end_then_the_repeat_pays_only_for_what_is_missing() -> None:
    studio = studio_of()
    plan = studio.plan()
    usual = studio.questions.ask
    asked = 0

    def throttled_once(turns, system=""):
        nonlocal asked
        asked += 1
        if asked == 2:
            raise Throttled("too many calls")
        return usual(turns, system)

    studio.questions.ask = throttled_once  # type: ignore[method-assign]
    with pytest.raises(Throttled):
        studio.write_questions(plan)
    assert studio.write_questions(plan).scenes[1].questions
    assert len(studio.questions.asked) == 2


def test_write_when_switched_off_then_nobody_is_asked_and_the_file_says_so() -> None:
    studio = studio_of()
    settings = Settings(characters=CAST, storyboard=StoryboardSettings(questions=False))
    key = accepted_settings_key("bunny")
    studio.studio.put(key, settings.model_dump_json().encode(), "application/json")
    written = studio.write_questions(studio.plan())
    assert (written.scenes, written.why_none) == ((), SWITCHED_OFF)
    assert studio.questions.asked == []


def test_write_when_there_is_no_dataset_to_compare_with_then_nobody_is_asked() -> None:
    """Its pictures are not judged."""
    studio = studio_of()
    plan = studio.plan()
    items = [item.model_copy(update={"deployment_id": None}) for item in studio.items(plan)]
    assert isinstance(items[0], PanelItem) and plan.panels_key
    studio.studio.put(plan.panels_key, write_lines(items), "application/jsonl")
    assert studio.write_questions(plan).scenes == ()
    assert studio.questions.asked == []


def test_write_when_the_models_answers_cannot_be_used_then_only_the_figures_and_why() -> None:
    studio = studio_of()
    studio.questions._answer = "Here are my questions."
    written = studio.write_questions(studio.plan())
    assert [len(scene.questions) for scene in written.scenes] == [1, 1]
    assert written.scenes[0].fault == (
        "the answer is not one JSON array, also after it was asked for again"
    )
    assert len(studio.questions.asked) == 4


def test_write_when_the_take_was_never_planned_then_refused() -> None:
    studio = studio_of()
    plan = studio.plan().model_copy(update={"take": None})
    with pytest.raises(EventRefused, match="No take of forest-day"):
        studio.write_questions(plan)
    assert studio.questions.asked == []

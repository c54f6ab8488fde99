from __future__ import annotations

import json

from onmodel.contracts.characters import Character
from onmodel.formats.question_answer import answers_in, questions_in
from onmodel.storyboards.picture_questions import FORM, TASK
from onmodel.storyboards.scene_questions import FORM as SCENE_FORM
from onmodel.storyboards.scene_questions import TASK as SCENE_TASK
from onmodel.storyboards.scene_questions import figure_questions
from onmodel_local.standins.nova_questions import (
    answers,
    asked_questions,
    asked_scene,
    scene_questions,
)

SCENE = "Buck plays a flute beside a baby llama"
TASK_OF_SCENE = SCENE_TASK.format(scene=SCENE, asked="", most=10, first=2, form=SCENE_FORM)
BUCK = figure_questions([Character(name="Buck", description="a grey rabbit.")])[0].text
TWO = figure_questions([Character(name="Buck"), Character(name="Frank")])[0].text


def test_scene_when_asked_for_questions_then_each_thing_and_what_it_is_like() -> None:
    assert asked_scene(TASK_OF_SCENE) == SCENE
    written, fault = questions_in(scene_questions(SCENE, TASK_OF_SCENE), 2)
    assert fault == ""
    assert written is not None
    assert [(question.number, question.text, question.parents) for question in written] == [
        (2, "Is there a flute in the picture?", ()),
        (3, "Is there a llama in the picture?", ()),
        (4, "Is the llama baby?", (3,)),
    ]


def test_scene_when_a_thing_begins_with_a_vowel_then_its_article_is_an() -> None:
    written, _ = questions_in(scene_questions("Buck waits at an entrance", TASK_OF_SCENE), 2)
    assert written is not None
    assert (written[0].text, written[0].about) == (
        "Is there an entrance in the picture?",
        "an entrance",
    )


def test_scene_when_nothing_has_an_article_then_one_question_about_all_of_it() -> None:
    written, _ = questions_in(scene_questions("Buck smiles", TASK_OF_SCENE), 2)
    assert written is not None
    assert [(question.text, question.parents) for question in written] == [
        ("Does the picture show this: Buck smiles?", (1,))
    ]


def test_answers_when_figures_are_found_then_yes_for_as_many_and_no_for_the_rest() -> None:
    asked = (BUCK, BUCK, TWO, "Is there a flute in the picture?")
    listed = "\n".join(f"{number}. {text}" for number, text in enumerate(asked, 1))
    assert asked_questions(TASK.format(questions=listed, form=FORM)) == asked
    said, fault = answers_in(answers(asked, 1), range(1, 5))
    assert (said, fault) == ({1: "yes", 2: "no", 3: "no", 4: "no"}, "")
    assert json.loads(answers(asked, 2)) == {"1": "yes", "2": "yes", "3": "yes", "4": "no"}


def test_texts_when_something_else_is_asked_for_then_no_questions() -> None:
    assert asked_scene("Describe the picture.") is None
    assert asked_questions("Describe the picture.") == ()

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.questions import AnsweredQuestion, SceneQuestion, YesOrNo
from onmodel.judging.questions import FOREIGN_THINGS, control_question, counted, place_of_control

FLUTE = SceneQuestion(number=1, text="Is there a flute?", kind="thing", about="a flute")
GOLDEN = SceneQuestion(number=2, text="Is the flute golden?", kind="detail", parents=(1,))
SHINES = SceneQuestion(number=3, text="Does the gold shine?", kind="detail", parents=(2,))
FOREST = SceneQuestion(number=1, text="Is a forest behind?", kind="place", about="a forest")
LLAMA = SceneQuestion(number=2, text="Is there a baby llama?", kind="thing", about="a baby llama")
BY_SCENE = {1: (FLUTE, GOLDEN, SHINES), 2: (FOREST, LLAMA)}


def answered(*answers: YesOrNo | None) -> list[AnsweredQuestion]:
    return [
        AnsweredQuestion(question=question, answer=answer)
        for question, answer in zip((FLUTE, GOLDEN, SHINES), answers, strict=True)
    ]


def test_counted_when_a_parent_is_no_then_what_depends_on_it_is_no_too() -> None:
    assert counted(answered("yes", "yes", "no")) == {1: True, 2: True, 3: False}
    assert counted(answered("yes", "no", "yes")) == {1: True, 2: False, 3: False}
    assert counted(answered("no", "yes", "yes")) == {1: False, 2: False, 3: False}


def test_counted_when_one_is_not_answered_then_left_out_with_what_depends_on_it() -> None:
    assert counted(answered("yes", None, "yes")) == {1: True}
    assert counted(answered(None, "yes", "no")) == {}


def test_control_when_another_scene_has_a_thing_that_this_one_has_not_then_that() -> None:
    """The forest may be seen behind any scene, and a detail has no meaning alone."""
    assert {control_question(1, "Buck plays", BY_SCENE, seed) for seed in range(30)} == {
        "Is there a baby llama?"
    }
    assert control_question(2, "A wood", BY_SCENE, 1) == "Is there a flute?"


def test_control_when_the_scene_names_the_thing_too_then_a_foreign_one() -> None:
    asked = {control_question(1, "Buck and his llamas", BY_SCENE, seed) for seed in range(200)}
    assert asked == {f"Is there {thing} in the picture?" for thing in FOREIGN_THINGS}
    snow = {control_question(1, "A snowman and a llama", BY_SCENE, seed) for seed in range(200)}
    assert asked - snow == {"Is there a snowman in the picture?"}


@pytest.mark.parametrize(
    ("about", "text"),
    [
        ("フルート", "バックは草原でフルートを吹く"),
        ("eine Querflöte", "Buck spielt zwei Querflöten"),
    ],
)
def test_control_when_the_scene_has_the_thing_within_a_word_then_a_foreign_one(
    about: str, text: str
) -> None:
    flute = FLUTE.model_copy(update={"text": f"{about}?", "about": about})
    asked = {control_question(2, text, {1: (flute,), 2: ()}, seed) for seed in range(200)}
    assert asked == {f"Is there {thing} in the picture?" for thing in FOREIGN_THINGS}


def test_control_when_there_is_one_scene_then_a_foreign_thing() -> None:
    assert control_question(1, "Buck smiles", {1: (FLUTE,)}, 3).startswith("Is there a")


def test_control_when_the_scene_names_everything_then_none() -> None:
    assert control_question(1, ", ".join(FOREIGN_THINGS), {1: (FLUTE,)}, 3) == ""


@given(st.integers(0, 2**31), st.integers(1, 100), st.integers(0, 20))
def test_place_when_drawn_then_the_same_and_within_the_questions(
    seed: int, scene: int, questions: int
) -> None:
    place = place_of_control(scene, seed, questions)
    assert 0 <= place <= questions
    assert place == place_of_control(scene, seed, questions)


def test_place_when_seeds_differ_then_not_always_the_same() -> None:
    assert {place_of_control(1, seed, 3) for seed in range(50)} == {0, 1, 2, 3}

from __future__ import annotations

import pytest

from onmodel.contracts.judging import Interval, JudgedNumber, JudgedPicture, Judgement
from onmodel.judging.words import SIMULATED
from onmodel.pages.judgement import MEANINGS, numbers_view, sentences, wrong_cast

NAMES = {"buck": "Buck", "frank": "Frank"}


def interval(mean: float) -> Interval:
    return Interval(mean=mean, low=mean - 0.1, high=mean + 0.1, scenes=6)


JUDGEMENT = Judgement(
    numbers=(
        JudgedNumber(number="identity", arm="tuned", interval=interval(0.82)),
        JudgedNumber(number="identity", arm="base", interval=interval(0.2)),
        JudgedNumber(number="copy", arm="tuned", interval=interval(0.3)),
        JudgedNumber(number="cast", arm="base", why_not="figures were not looked for"),
    ),
    pictures=(),
    bleed={"tuned": {"buck": {"frank": 0.25}}},
    notices=("Frank has pictures of one shot only",),
)


def test_numbers_when_shown_then_arm_beside_arm_with_intervals_and_grades() -> None:
    view = numbers_view(JUDGEMENT, NAMES)
    assert view.arms == ["the trained model", "the untrained model alone"]
    rows = {row.title: row.cells for row in view.rows}
    identity = rows["Identity"]
    assert [(cell.value, cell.interval, cell.grade) for cell in identity] == [
        ("0.82", "0.72 to 0.92", "good"),
        ("0.20", "0.10 to 0.30", "doubtful"),
    ]
    assert (rows["Copy"][0].value, rows["Copy"][0].grade) == ("30 %", "doubtful")
    assert rows["Cast"][1].why_not == "figures were not looked for"
    assert rows["Diversity"][0].why_not == "not measured"


def test_numbers_when_characters_appear_unasked_then_one_line_for_each_who_was_asked_for() -> None:
    view = numbers_view(JUDGEMENT, NAMES)
    assert view.notices == ("Frank has pictures of one shot only",)
    assert view.unasked == ["Buck asked for, also drawn: Frank (25 %)"]
    rows = {"buck": {"frank": 0.25, "mira": 0.5}, "frank": {}}
    both = JUDGEMENT.model_copy(update={"bleed": {"tuned": rows, "base": {"buck": {"frank": 1}}}})
    assert numbers_view(both, NAMES).unasked == [
        "Buck asked for, also drawn: Frank (25 %) and Mira (50 %), by the trained model",
        "Buck asked for, also drawn: Frank (100 %), by the untrained model alone",
    ]


@pytest.mark.parametrize(
    ("number", "mean", "grade"),
    [("identity", 0.6, "middling"), ("copy", 0.1, "middling"), ("copy", 0.05, "good"),
     ("cast", 0.8, "good"), ("diversity", 0.39, "doubtful")],
)  # fmt: skip
def test_grade_when_a_mean_is_given_then_by_the_limits(
    number: str, mean: float, grade: str
) -> None:
    assert MEANINGS[number].grade(mean) == grade  # type: ignore[index]


def test_cast_when_wrong_then_who_is_missing_and_who_should_not_be_there() -> None:
    judged = JudgedPicture(key="k", missing=("buck",), surplus=("frank",), strangers=2, cast=0)
    assert wrong_cast(judged, NAMES) == [
        "Buck not found",
        "also shows Frank",
        "2 of unknown identity",
    ]


PROMPT = JudgedNumber(
    number="prompt", arm="tuned", interval=interval(0.75),
    beside="2 of 36 questions whose right answer is no were answered yes",
)  # fmt: skip


def test_prompt_when_shown_then_the_false_yes_stands_beside_it() -> None:
    asked = JUDGEMENT.model_copy(update={"numbers": (PROMPT,), "false_yes": {"tuned": 2 / 36}})
    row = next(row for row in numbers_view(asked, NAMES).rows if row.title == "Prompt")
    assert (row.cells[0].value, row.cells[0].grade) == ("75 %", "middling")
    assert row.cells[0].beside == PROMPT.beside
    assert sentences(asked) == (
        "Questions about the scenes answered as they should be: 75 % by the trained model"
        " (65 % to 85 %; 2 of 36 questions whose right answer is no were answered yes).",
    )


def test_sentences_when_no_question_was_asked_then_the_advice_alone() -> None:
    assert sentences(JUDGEMENT) == ()


def test_sentences_when_checkpoints_were_drawn_too_then_of_the_arms_alone() -> None:
    checkpoint = PROMPT.model_copy(update={"arm": "step-000500"})
    assert sentences(JUDGEMENT.model_copy(update={"numbers": (checkpoint,)})) == ()


def test_sentences_when_the_pictures_are_simulated_then_that_comes_first() -> None:
    simulated = JUDGEMENT.model_copy(update={"numbers": (PROMPT,), "simulated": True})
    first, second = sentences(simulated)
    assert first == SIMULATED and second.startswith("Questions about the scenes")
    assert numbers_view(simulated, NAMES).warning == SIMULATED
    assert numbers_view(JUDGEMENT, NAMES).warning == ""

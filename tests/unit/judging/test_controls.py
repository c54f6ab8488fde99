"""Controls: pictures that are wrong on purpose, in one known way each.

TABLE was written before the numbers were computed. It says which number must get worse against
pictures that are right, and which must hold. docs/judging.md shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from onmodel.contracts.arrays import Vector, Vectors
from onmodel.contracts.base import Box
from onmodel.contracts.datasets import DatasetItem, Split
from onmodel.contracts.drawings import Arm
from onmodel.contracts.judging import Judgement, Number, Structure
from onmodel.contracts.questions import AnsweredQuestion, PictureAnswers, SceneQuestion
from onmodel.judging.judge import Drawn, Known, judge_pictures
from onmodel.pages.judgement import numbers_view

DIMENSIONS = 64
SCENES, SEEDS = 12, 4
CAST = ("buck", "frank", "rinky")
WORSE, HOLDS = "worse", "holds"
NUMBERS: tuple[Number, ...] = ("identity", "prompt", "copy", "diversity", "cast")

TABLE = {
    #                         identity prompt  copy   diversity cast
    "pasted training pictures": (HOLDS, WORSE, WORSE, HOLDS, HOLDS),
    "one picture repeated":     (HOLDS, HOLDS, HOLDS, WORSE, HOLDS),
    "names swapped":            (WORSE, HOLDS, HOLDS, HOLDS, WORSE),
    "prompt ignored":           (HOLDS, WORSE, HOLDS, HOLDS, HOLDS),
    "the base model":           (WORSE, HOLDS, HOLDS, HOLDS, WORSE),
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """A dataset, as vectors: a character's direction, a shot's, and noise."""

    known: Known
    centres: dict[str, Vector]


def drawn(centre: Vector, chance: np.random.Generator, spread: float = 0.35) -> Vector:
    return unit(centre + spread * unit(chance.normal(size=DIMENSIONS)))


def unit(vector: np.typing.NDArray[np.float64]) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def world() -> World:
    chance = np.random.default_rng(7)
    common = unit(chance.normal(size=DIMENSIONS))  # what all pictures of a film share
    centres = {
        name: unit(common + 0.8 * unit(chance.normal(size=DIMENSIONS)))
        for name in (*CAST, "stranger")
    }
    items, rows = [], []
    for place, (name, shot, _) in enumerate(
        (name, shot, number) for name in CAST for shot in range(10) for number in range(3)
    ):
        of_shot = np.random.default_rng([CAST.index(name), shot]).normal(size=DIMENSIONS)
        noise = 0.1 * unit(chance.normal(size=DIMENSIONS))
        rows.append(unit(centres[name] + 0.35 * unit(of_shot) + noise))
        items.append(
            DatasetItem(
                crop_id=f"crop-{place}", film_id="film", character=name, timecode_seconds=place,
                shot=CAST.index(name) * 10 + shot, box=Box(left=0, top=0, width=9, height=9),
                width=512, height=512, quality=0.9, key=f"{place}.jpg",
                split=Split.VALIDATION if shot < 2 else Split.TRAINING,
            )
        )  # fmt: skip
    return World(Known(items, np.stack(rows), {}), centres)


WORLD = world()
ASKED = (
    SceneQuestion(number=1, text="Is there a figure?", kind="figure"),
    SceneQuestion(number=2, text="Is there a flute?", kind="thing", about="a flute"),
    SceneQuestion(number=3, text="Is the flute golden?", kind="detail", parents=(2,)),
    SceneQuestion(number=4, text="Is the figure in a forest?", kind="place", parents=(1,)),
)
"""Of every scene: who judges sees only what a picture shows."""

ALL_SHOWN, FIGURE_ALONE = frozenset({1, 2, 3, 4}), frozenset({1})


def looked_at(shown: frozenset[int]) -> PictureAnswers:
    """The answers of a model without a fault."""
    return PictureAnswers(
        questions=tuple(
            AnsweredQuestion(question=asked, answer="yes" if asked.number in shown else "no")
            for asked in ASKED
        ),
        control="Is there a submarine?",
        control_answer="no",
    )


def says_yes(answers: PictureAnswers) -> PictureAnswers:
    """The answers of a model that says yes to everything."""
    questions = tuple(asked.model_copy(update={"answer": "yes"}) for asked in answers.questions)
    return answers.model_copy(update={"questions": questions, "control_answer": "yes"})


UNLIKE = Structure(same_way=0.2, mirrored=0.2)
SEED_OF: dict[Arm, int] = {"tuned": 8, "base": 10}
"""Right pictures of an arm are the same for every test, whichever runs first."""


def right(arm: Arm = "tuned") -> list[Drawn]:
    """As they should be: new pictures of who was asked for, each another one."""
    made, chance = [], np.random.default_rng(SEED_OF[arm])
    for scene in range(1, SCENES + 1):
        expected = CAST[: 1 + scene % 2] if scene % 3 else CAST[2:]
        for seed in range(SEEDS):
            figures = [drawn(WORLD.centres[name], chance) for name in expected]
            made.append(compared(Drawn(
                key=f"{arm}-{scene}-{seed}", scene=scene, arm=arm, expected=expected,
                vector=unit(np.mean(figures, axis=0, dtype=np.float64)), figures=figures,
                structure=UNLIKE, answers=looked_at(ALL_SHOWN if seed else ALL_SHOWN - {3}),
            )))  # fmt: skip
    return made


def compared(picture: Drawn) -> Drawn:
    """With the training picture that is nearest."""
    similarity = training() @ picture.vector
    place = int(similarity.argmax())
    trained = [item for item in WORLD.known.items if item.split == Split.TRAINING]
    return replace(
        picture,
        nearest_crop=trained[place].crop_id,
        nearest_similarity=float(similarity[place]),
    )


@cache
def training() -> Vectors:
    rows = [item.split == Split.TRAINING for item in WORLD.known.items]
    return WORLD.known.vectors[rows]


def pasted(pictures: list[Drawn]) -> Iterator[Drawn]:
    """Of the right characters, whatever the scene says."""
    for number, picture in enumerate(pictures):
        figures = []
        for name in picture.expected:
            own = [
                place
                for place, item in enumerate(WORLD.known.items)
                if item.character == name and item.split == Split.TRAINING
            ]
            figures.append(WORLD.known.vectors[own[number * 5 % len(own)]])
        yield compared(replace(
            picture, vector=figures[0], figures=figures, answers=looked_at(FIGURE_ALONE),
            structure=Structure(same_way=0.99, mirrored=0.4),
        ))  # fmt: skip


def repeated(pictures: list[Drawn]) -> Iterator[Drawn]:
    first = {picture.scene: picture for picture in reversed(pictures)}
    for picture in pictures:
        same = first[picture.scene]
        yield compared(replace(picture, vector=same.vector, figures=same.figures))


def swapped(pictures: list[Drawn]) -> Iterator[Drawn]:
    """Each character is drawn where the next one was asked for."""
    after = dict(zip(CAST, CAST[1:] + CAST[:1], strict=True))
    for picture in pictures:
        yield replace(picture, expected=[after[name] for name in picture.expected])


def ignored(pictures: list[Drawn]) -> Iterator[Drawn]:
    for picture in pictures:
        yield replace(picture, answers=looked_at(FIGURE_ALONE))


def base(pictures: list[Drawn]) -> Iterator[Drawn]:
    """What was asked for, by figures who are nobody of the film."""
    chance = np.random.default_rng(9)
    for picture in pictures:
        figures = [drawn(WORLD.centres["stranger"], chance) for _ in picture.expected]
        whole = unit(np.mean(figures, axis=0, dtype=np.float64))
        yield compared(replace(picture, vector=whole, figures=figures))


CONTROLS: dict[str, Callable[[list[Drawn]], Iterator[Drawn]]] = {
    "pasted training pictures": pasted,
    "one picture repeated": repeated,
    "names swapped": swapped,
    "prompt ignored": ignored,
    "the base model": base,
}
UNTRAINED = list(base(right("base")))


@cache
def judged(control: str) -> Judgement:
    pictures = list(CONTROLS[control](right())) if control else right()
    return judge_pictures([*pictures, *UNTRAINED], WORLD.known)


def effect(control: str, number: Number) -> str:
    """Worse when the two intervals are apart, in the direction that is worse."""
    before, after = judged("").number(number, "tuned"), judged(control).number(number, "tuned")
    assert before is not None
    assert after is not None
    was, now = before.interval, after.interval
    assert was and was.low is not None and was.high is not None
    assert now and now.low is not None and now.high is not None
    if number == "copy":
        return WORSE if now.low > was.high + 0.1 else HOLDS if now.mean <= was.high else "?"
    if now.high < was.low - 0.05:
        return WORSE
    return HOLDS if now.mean > was.mean - 0.15 else "?"


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("control", TABLE)
def test_control_when_pictures_are_wrong_in_one_way_then_each_number_as_the_table_says(
    control: str, number: Number
) -> None:
    assert effect(control, number) == TABLE[control][NUMBERS.index(number)]


def test_right_pictures_when_judged_then_good_by_every_number() -> None:
    means = {
        n.number: n.interval.mean for n in judged("").numbers if n.interval and n.arm == "tuned"
    }
    assert means["identity"] > 0.7
    assert means["cast"] > 0.9
    assert means["copy"] < 0.05


def test_right_pictures_when_judged_then_better_than_the_untrained_model() -> None:
    assert [advice.verdict for advice in judged("").advice] == ["better_than_base"]
    assert [a.verdict for a in judged("names swapped").advice] != ["better_than_base"]


def test_prompt_when_it_is_ignored_then_no_dependent_question_counts_as_yes() -> None:
    """One question of four is answered as it should be: of a figure, and of nothing else."""
    number = judged("prompt ignored").number("prompt", "tuned")
    assert number is not None and number.interval is not None
    assert number.interval.mean == 0.25
    picture = judged("prompt ignored").pictures[0]
    assert picture.not_shown == ("Is there a flute?", "Is the figure in a forest?")
    assert judged("prompt ignored").false_yes["tuned"] == 0


def test_prompt_when_the_model_says_yes_to_everything_then_its_false_yes_exposes_it() -> None:
    pictures = [
        replace(picture, answers=says_yes(picture.answers))
        for picture in ignored(right())
        if picture.answers
    ]
    found = judge_pictures(pictures, WORLD.known)
    number = found.number("prompt", "tuned")
    assert number is not None and number.interval is not None
    assert number.interval.mean == 1
    assert found.false_yes == {"tuned": 1.0}
    (row,) = (row for row in numbers_view(found, {}).rows if row.title == "Prompt")
    assert row.cells[0].grade is None
    assert row.cells[0].beside == (
        "48 of 48 questions whose right answer is no were answered yes, so do not rely on it"
    )


def test_prompt_when_nothing_was_answered_then_why_and_how_many() -> None:
    blank = looked_at(ALL_SHOWN)
    none = tuple(asked.model_copy(update={"answer": None}) for asked in blank.questions)
    silent = blank.model_copy(
        update={"questions": none, "control_answer": None, "fault": "the answer was filtered"}
    )
    found = judge_pictures([replace(p, answers=silent) for p in right()], WORLD.known)
    number = found.number("prompt", "tuned")
    assert number is not None and number.interval is None
    assert number.why_not == "no question was answered with yes or no (the answer was filtered)"
    assert found.false_yes == {}
    assert {picture.not_answered for picture in found.pictures} == {4}


def test_prompt_when_no_question_was_asked_then_the_reason_that_is_given() -> None:
    pictures = [replace(picture, answers=None) for picture in right()]
    number = judge_pictures(pictures, WORLD.known, "switched off").number("prompt", "tuned")
    assert number is not None
    assert (number.interval, number.why_not) == (None, "switched off")


def test_bleed_when_names_are_swapped_then_the_other_characters_are_named() -> None:
    assert judged("").bleed.get("tuned", {}) == {}
    found = judged("names swapped").bleed["tuned"]
    assert {asked: set(others) for asked, others in found.items()} == {
        "buck": {"rinky"},
        "frank": {"buck"},
        "rinky": {"buck"},
    }


def test_table_when_shown_in_the_docs_then_the_same() -> None:
    page = (Path(__file__).parents[3] / "docs" / "judging.md").read_text(encoding="utf-8")
    for control, effects in TABLE.items():
        assert f"| {control} | {' | '.join(effects)} |" in page


def test_cast_when_a_character_has_no_held_out_picture_then_still_found() -> None:
    trained = [item.model_copy(update={"split": Split.TRAINING}) for item in WORLD.known.items]
    found = judge_pictures(right(), Known(trained, WORLD.known.vectors, {}))
    identity, cast = found.number("identity", "tuned"), found.number("cast", "tuned")
    assert identity is not None and identity.interval is None
    assert cast is not None and cast.interval is not None
    assert cast.interval.mean > 0.9


def test_cast_when_a_character_cannot_be_recognised_then_not_said_to_be_missing() -> None:
    """One picture alone gives no scale: a figure of the character would count as a stranger."""
    rows = [
        place
        for place, item in enumerate(WORLD.known.items)
        if item.character != "rinky" or item.crop_id == "crop-60"
    ]
    items, vectors = [WORLD.known.items[row] for row in rows], WORLD.known.vectors[rows]
    few = Known(items, vectors, {"rinky": "Rinky"})
    pictures = [picture for picture in right() if "rinky" in picture.expected]
    found = judge_pictures(pictures, few)
    assert {picture.cast for picture in found.pictures} == {None}
    assert {picture.missing for picture in found.pictures} == {()}
    cast = found.number("cast", "tuned")
    assert cast is not None and cast.why_not == "Rinky cannot be told from the other characters"

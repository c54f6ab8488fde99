"""The part of a gallery that shows a storyboard's numbers, arm beside arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from onmodel.contracts.drawings import Arm, step_of_arm
from onmodel.contracts.judging import JudgedNumber, JudgedPicture, Judgement, Number
from onmodel.formats.wording import listed, person_name
from onmodel.judging.words import MOST_FALSE_YES, SIMULATED, interval_words, value_words

Grade = Literal["good", "middling", "doubtful"]

_ARMS: Mapping[Arm, str] = {
    "tuned": "the trained model",
    "references": "pictures of the characters given to the untrained model",
    "base": "the untrained model alone",
}


def arm_name(arm: Arm) -> str:
    """An arm for people."""
    step = step_of_arm(arm)
    return _ARMS[arm] if step is None else f"the checkpoint of step {step:,}"


@dataclass(frozen=True)
class Meaning:
    """How a number is explained and graded.

    Attributes:
        title: of its row.
        text: what it is, and what its ends mean.
        good: mean from which it counts as good.
        doubtful: mean below which it counts as doubtful; for `copy` both are the other way round.
    """

    title: str
    text: str
    good: float
    doubtful: float

    def grade(self, mean: float) -> Grade:
        less_is_better = self.good < self.doubtful
        if (mean <= self.good) if less_is_better else (mean >= self.good):
            return "good"
        if (mean > self.doubtful) if less_is_better else (mean < self.doubtful):
            return "doubtful"
        return "middling"


MEANINGS: Mapping[Number, Meaning] = {
    "identity": Meaning(
        "Identity",
        "Likeness to pictures of the character that were never trained on. 0: as far as other"
        " characters are; 1: as near as the character's own pictures. Good from 0.7.",
        good=0.7,
        doubtful=0.5,  # half-way: nearer to other characters
    ),
    "prompt": Meaning(
        "Prompt",
        "Share of yes/no questions about the scene that a model answers as it should, who sees only"
        " the picture. Good from 80 %.",
        good=0.8,
        doubtful=0.5,
    ),
    "copy": Meaning(
        "Copy",
        "Share of pictures that repeat a training picture: vector and shapes agree. Good to 5 %.",
        good=0.05,
        doubtful=0.2,
    ),
    "diversity": Meaning(
        "Diversity",
        "How much the pictures of one scene differ; 1 is as much as those of the untrained model."
        " Good from 0.7.",
        good=0.7,
        doubtful=0.4,
    ),
    "cast": Meaning(
        "Cast",
        "How well the figures agree with who should be there: 100 % is everybody and nobody else."
        " Good from 80 %.",
        good=0.8,
        doubtful=0.5,
    ),
}


@dataclass(frozen=True)
class Cell:
    """One number of one arm, in words. `beside` says how far it can be relied on."""

    arm: str
    value: str
    interval: str
    grade: Grade | None
    why_not: str
    beside: str = ""


@dataclass(frozen=True)
class NumberRow:
    title: str
    text: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class NumbersView:
    """The table, the warning and advice above it, and what is said below."""

    arms: Sequence[str]
    rows: Sequence[NumberRow]
    advice: Sequence[str]
    notices: Sequence[str]
    unasked: Sequence[str] = ()
    """Who is drawn where only others were asked for."""

    warning: str = ""


def numbers_view(judgement: Judgement, names: Mapping[str, str]) -> NumbersView:
    """The numbers as a table; characters by the names for people."""
    arms: list[Arm] = list(dict.fromkeys(number.arm for number in judgement.numbers))
    rows = [
        NumberRow(meaning.title, meaning.text, [_cell(judgement, kind, arm) for arm in arms])
        for kind, meaning in MEANINGS.items()
    ]
    return NumbersView(
        arms=[arm_name(arm) for arm in arms],
        rows=rows,
        advice=[advice.text for advice in judgement.advice],
        notices=judgement.notices,
        unasked=_bleeding(judgement, names),
        warning=SIMULATED if judgement.simulated else "",
    )


@dataclass(frozen=True)
class TakesView:
    """One number of one arm in a line, a take in a column; this take is the last."""

    takes: Sequence[int]
    rows: Sequence[tuple[str, Sequence[str]]]


def takes_view(
    take: int, judgement: Judgement | None, earlier: Mapping[int, Sequence[JudgedNumber]]
) -> TakesView | None:
    """The numbers of this take beside those of takes before; None without numbers of such."""
    if judgement is None or not earlier:
        return None
    by_take = {**earlier, take: judgement.numbers}
    means = {
        (number.number, number.arm, each): value_words(number.number, number.interval.mean)
        for each, numbers in by_take.items()
        for number in numbers
        if number.interval is not None
    }
    rows = [
        (
            f"{meaning.title}, {arm_name(arm)}",
            [means.get((kind, arm, each), "–") for each in by_take],
        )
        for kind, meaning in MEANINGS.items()
        for arm in dict.fromkeys(number.arm for number in judgement.numbers)
    ]
    return TakesView(tuple(by_take), rows)


def sentences(judgement: Judgement) -> tuple[str, ...]:
    """What the numbers say, for mails and `onmodel status`: the advice, and the number Prompt.

    Of simulated pictures, that they say nothing comes first.
    """
    prompt = [
        f"{value_words('prompt', number.interval.mean)} by {arm_name(number.arm)}"
        f" ({interval_words('prompt', number.interval)}; {number.beside})"
        for number in judgement.numbers
        if number.number == "prompt" and number.interval and step_of_arm(number.arm) is None
    ]
    told = (f"Questions about the scenes answered as they should be: {', '.join(prompt)}.",)
    said = (*(advice.text for advice in judgement.advice), *(told if prompt else ()))
    return (SIMULATED, *said) if said and judgement.simulated else said


def _cell(judgement: Judgement, kind: Number, arm: Arm) -> Cell:
    number = judgement.number(kind, arm)
    if number is None or number.interval is None:
        why = number.why_not if number else "not measured"
        return Cell(arm_name(arm), "–", "", None, why)
    interval = number.interval
    is_reliable = kind != "prompt" or judgement.false_yes.get(arm, 0) <= MOST_FALSE_YES
    return Cell(
        arm=arm_name(arm),
        value=value_words(kind, interval.mean),
        interval=interval_words(kind, interval),
        grade=MEANINGS[kind].grade(interval.mean) if is_reliable else None,
        why_not="",
        beside=number.beside,
    )


def _bleeding(judgement: Judgement, names: Mapping[str, str]) -> list[str]:
    """Who appears in pictures that did not ask for them: a line for each who was asked for."""
    return [
        f"{_name(asked, names)} asked for, also drawn: "
        + listed([f"{_name(other, names)} ({100 * share:.0f} %)" for other, share in also.items()])
        + (f", by {arm_name(arm)}" if len(judgement.bleed) > 1 else "")
        for arm, rows in judgement.bleed.items()
        for asked, also in rows.items()
        if also
    ]


def wrong_cast(judged: JudgedPicture, names: Mapping[str, str]) -> list[str]:
    """Who is missing in a picture, and who should not be there."""
    wrong = []
    if judged.missing:
        wrong.append(f"{listed([_name(slug, names) for slug in judged.missing])} not found")
    if judged.surplus:
        wrong.append(f"also shows {listed([_name(slug, names) for slug in judged.surplus])}")
    if judged.strangers:
        wrong.append(f"{judged.strangers} of unknown identity")
    return wrong


def _name(slug: str, names: Mapping[str, str]) -> str:
    return names.get(slug, person_name(slug))

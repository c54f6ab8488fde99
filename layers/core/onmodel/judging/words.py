"""How the numbers of a judgement are written for people: the same in pages, mails and CLI."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from onmodel.contracts.drawings import Arm
from onmodel.contracts.judging import Interval, JudgedNumber, Number

SIMULATED = (
    "These pictures are simulated, so the numbers only show that they are measured: they say"
    " nothing about a model."
)
"""Of a local stack."""

PERCENT: frozenset[Number] = frozenset({"prompt", "copy", "cast"})


MOST_FALSE_YES = 0.2
"""Of the questions whose right answer is no. A model that says yes more often is not graded by."""


def value_words(kind: Number, value: float) -> str:
    """`80 %` or `0.62`."""
    return f"{100 * value:.0f} %" if kind in PERCENT else f"{value:.2f}"


def interval_words(kind: Number, interval: Interval) -> str:
    """`50 % to 92 %`."""
    if interval.low is None or interval.high is None:
        return "one scene, no interval"
    return f"{value_words(kind, interval.low)} to {value_words(kind, interval.high)}"


def is_reliable(controls: Sequence[bool] | None) -> bool:
    """Whether the model says yes seldom enough to questions whose right answer is no.

    Args:
        controls: of each answered one, whether the answer was yes.
    """
    return sum(controls or ()) <= MOST_FALSE_YES * len(controls or ())


def false_yes_words(controls: Sequence[bool], not_answered: int) -> str:
    """How far the number Prompt can be relied on: the model's own false yes, and what is missing.

    Args:
        controls: of each answered question whose right answer is no, whether the answer was yes.
        not_answered: other questions that were not answered with yes or no.
    """
    if controls:
        wrong = sum(controls)
        said = f"{wrong} of {len(controls)} questions whose right answer is no were answered yes"
        if not is_reliable(controls):
            said = f"{said}, so do not rely on it"
    else:
        said = "no question whose right answer is no was answered"
    return f"{said}; {not_answered:,} others were not answered" if not_answered else said


def arm_words(numbers: Iterable[JudgedNumber], arm: Arm) -> str:
    """`identity 0.62 (0.50 to 0.74), copy 0 % (0 % to 0 %)`; '' when nothing of it was measured."""
    return ", ".join(
        f"{number.number} {value_words(number.number, number.interval.mean)}"
        f" ({interval_words(number.number, number.interval)}"
        f"{'; ' + number.beside if number.beside else ''})"
        for number in numbers
        if number.arm == arm and number.interval is not None
    )

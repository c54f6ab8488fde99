"""How the numbers of a judgement are written for people: the same in pages, mails and CLI."""

from __future__ import annotations

from collections.abc import Iterable

from onmodel.contracts.drawings import Arm
from onmodel.contracts.judging import Interval, JudgedNumber, Number

PERCENT: frozenset[Number] = frozenset({"prompt", "copy", "cast"})


def value_words(kind: Number, value: float) -> str:
    """`80 %` or `0.62`."""
    return f"{100 * value:.0f} %" if kind in PERCENT else f"{value:.2f}"


def interval_words(kind: Number, interval: Interval) -> str:
    """`50 % to 92 %`."""
    if interval.low is None or interval.high is None:
        return "one scene, no interval"
    return f"{value_words(kind, interval.low)} to {value_words(kind, interval.high)}"


def arm_words(numbers: Iterable[JudgedNumber], arm: Arm) -> str:
    """`identity 0.62 (0.50 to 0.74), copy 0 % (0 % to 0 %)`; '' when nothing of it was measured."""
    return ", ".join(
        f"{number.number} {value_words(number.number, number.interval.mean)}"
        f" ({interval_words(number.number, number.interval)})"
        for number in numbers
        if number.arm == arm and number.interval is not None
    )

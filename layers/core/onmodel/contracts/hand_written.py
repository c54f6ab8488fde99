"""Checks of values that a person wrote just now: what was stored before is read without them.

The messages follow a value's line and key, as formats/user_yaml.py lists faults.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from onmodel.contracts.base import ContractT, is_hand_written

JOINERS = "\u200c\u200d"
"""Zero-width, and a part of emoji and of Persian and Indian words."""

_TURNS_TEXT = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Changes the direction of the text after it, also of a page or a mail around it."""


def when_written(check: Callable[[Any], Any]) -> AfterValidator:
    """A validator that a value goes through only in a file that a person wrote just now."""

    def checked(value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - of any field
        return check(value) if is_hand_written(info) else value

    return AfterValidator(checked)


def at_most(limit: float) -> AfterValidator:
    """Refuses larger numbers in a file that a person wrote just now."""

    def check(value: float | None) -> float | None:
        if value is not None and value > limit:
            raise PydanticCustomError("less_than_equal", "too large", {"le": limit})
        return value

    return when_written(check)


def at_least(limit: float) -> AfterValidator:
    """Refuses smaller numbers in a file that a person wrote just now."""

    def check(value: float | None) -> float | None:
        if value is not None and value < limit:
            raise PydanticCustomError("greater_than_equal", "too small", {"ge": limit})
        return value

    return when_written(check)


def within(least: float, most: float) -> AfterValidator:
    """Refuses other numbers in a file that a person wrote just now; the limits are inclusive."""

    def check(value: float | None) -> float | None:
        if value is not None and not least <= value <= most:
            raise ValueError(f"is {value:,g}, write a number from {least:,g} to {most:,g}")
        return value

    return when_written(check)


def one_line(text: str) -> str:
    """The text in NFC without outer spaces. Raises ValueError for a line break."""
    line = unicodedata.normalize("NFC", text.strip())
    if any(unicodedata.category(char) in {"Cc", "Zl", "Zp"} for char in line):
        raise ValueError("has a line break or a tab, write it on one line")
    return line


def shown_line(text: str) -> str:
    """A line for pages and mails. Raises ValueError for what `one_line` refuses, or turned text."""
    line = one_line(text)
    for char in line:
        if char in _TURNS_TEXT:
            raise ValueError(_invisible(char))
    return line


def visible(text: str) -> str:
    """A text. Raises ValueError if it has no letter, digit or symbol."""
    if not _has_visible(text):
        raise ValueError("has no letter, digit or symbol, write a text")
    return text


def name(text: str) -> str:
    """A name in NFC, its words parted by single spaces.

    Raises:
        ValueError: nothing of it can be seen or said, or a character in it is invisible.
    """
    made = " ".join(one_line(text).split())
    if "\ufffd" in made:
        raise ValueError("has a character that could not be read, write it anew")
    for char in made:
        if unicodedata.category(char) == "Cf" and char not in JOINERS and not _is_flag_tag(char):
            raise ValueError(_invisible(char))
    if not made:
        raise ValueError("is blank, write a name")
    if made[0] in JOINERS or made[-1] in JOINERS:
        raise ValueError("begins or ends with an invisible character, delete it")
    if not _has_visible(made):
        raise ValueError("has no letter, digit or symbol, write a name")
    return made


def ordered(model: ContractT, low: str, high: str) -> ContractT:
    """A model whose field `low` is at most `high`.

    Where only one of them is written, the other one's default moves to it.

    Raises:
        ValueError: both are written, and `low` is more than `high`.
    """
    least, most = getattr(model, low), getattr(model, high)
    if least <= most:
        return model
    if {low, high} <= model.model_fields_set:
        raise ValueError(f"{low} is {least}, more than {high}, which is {most}")
    unset, value = (low, most) if low not in model.model_fields_set else (high, least)
    written = model.model_fields_set
    moved = model.model_copy(update={unset: value})
    moved.model_fields_set.intersection_update(written)
    return moved


def _invisible(char: str) -> str:
    return f"has the invisible character U+{ord(char):04X}, delete it"


def _has_visible(text: str) -> bool:
    return any(unicodedata.category(char)[0] in "LNS" for char in text)


def _is_flag_tag(char: str) -> bool:
    """Letters of the flags of regions, as of Wales."""
    return 0xE0020 <= ord(char) <= 0xE007F


OneLine = Annotated[str, when_written(shown_line)]
"""Text on one line; in a file that a person wrote just now."""

Name = Annotated[str, when_written(name)]
"""A name that can be seen and said; in a file that a person wrote just now."""

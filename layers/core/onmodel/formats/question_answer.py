"""Reads a model's questions about a scene, and its answers about a picture.

Every fault is worded so that the model can correct it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from onmodel.contracts.questions import (
    LONGEST_QUESTION,
    MOST_QUESTIONS,
    QuestionKind,
    SceneQuestion,
    YesOrNo,
)
from onmodel.formats.answered_json import json_in

LONGEST_NAME = 60  # characters of a thing


class _Written(BaseModel):
    """A question as the model writes it. Validated with its place as context."""

    model_config = ConfigDict(strict=True, extra="forbid")

    number: int
    question: str = Field(pattern=r"\S\?\s*$", max_length=LONGEST_QUESTION)
    kind: QuestionKind
    about: str = Field(max_length=LONGEST_NAME)
    parents: list[int]

    @model_validator(mode="after")
    def _fits_its_place(self, info: ValidationInfo) -> Self:
        number = info.context
        if self.number != number:
            raise ValueError(f"number must be {number}")
        if self.kind == "thing" and not self.about.strip():
            raise ValueError("about must name the thing")
        if not all(1 <= parent < number for parent in self.parents):
            raise ValueError("parents must be numbers of questions before it")
        return self


def questions_in(answer: str, first: int) -> tuple[tuple[SceneQuestion, ...] | None, str]:
    """The questions and no fault, or None and the fault.

    Args:
        answer: one JSON array, in a code fence or not.
        first: number of the first question; those before it may be parents too.
    """
    try:
        items = json_in(answer)
    except ValueError:
        return None, "the answer is not one JSON array"
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_QUESTIONS:
        return None, f"the answer is not one JSON array of 1 to {MOST_QUESTIONS} questions"
    found = []
    for number, item in enumerate(items, first):
        try:
            written = _Written.model_validate(item, context=number)
        except ValidationError as fault:
            return None, f"question {number}: {_words_of(fault)}"
        found.append(
            SceneQuestion(
                number=number,
                text=_words(written.question),
                kind=written.kind,
                about=_words(written.about),
                parents=tuple(dict.fromkeys(written.parents)),
            )
        )
    return tuple(found), ""


def answers_in(answer: str, numbers: Sequence[int]) -> tuple[dict[int, YesOrNo | None] | None, str]:
    """The answer to each question and no fault, or None and the fault.

    An answer that is missing, or neither yes nor no, is None.

    Args:
        answer: one JSON object, in a code fence or not.
        numbers: of the questions.
    """
    try:
        found = json_in(answer)
    except ValueError:
        return None, "the answer is not one JSON object"
    if not isinstance(found, dict):
        return None, "the answer is not one JSON object"
    unknown = sorted(set(found) - {str(number) for number in numbers})
    if unknown:
        return None, f"no question has the number {unknown[0][:20]}"
    return {number: _yes_or_no(found.get(str(number))) for number in numbers}, ""


def _yes_or_no(value: object) -> YesOrNo | None:
    said = value.strip().casefold() if isinstance(value, str) else ""
    return "yes" if said == "yes" else "no" if said == "no" else None


def _words(text: str) -> str:
    return " ".join(text.split())


def _words_of(fault: ValidationError) -> str:
    first = fault.errors()[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"].removeprefix("Value error, ")

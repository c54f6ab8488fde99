"""The door's pages: a question with two buttons, or a few words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from onmodel.report.templating import render

ASKED = {"training": "Train a model?", "deployment": "Deploy the model?"}


@dataclass(frozen=True)
class Question:
    """What a person decides; `usd` is None when a price is missing."""

    production: str
    purpose: Literal["training", "deployment"]
    subject_id: str
    usd: float | None
    why: str
    assumptions: Sequence[str]
    expires: str


def question_page(question: Question) -> bytes:
    """Opening it decides nothing: mail scanners follow links. The buttons do."""
    return render("door.html.j2", title=ASKED[question.purpose], words=(), question=question)


def words_page(title: str, *words: str) -> bytes:
    return render("door.html.j2", title=title, words=words, question=None)

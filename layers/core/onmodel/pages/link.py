"""The pages that a link of a mail shows: a question with two buttons, or a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onmodel.contracts.trainings import Purpose
from onmodel.pages.templating import render

ASKED: dict[Purpose, str] = {
    "training": "Train a model?",
    "captions": "Caption the pictures?",
    "review": "Are the captions good?",
    "deployment": "Deploy the model?",
}


@dataclass(frozen=True)
class Question:
    """A question to a person; `usd` is None when a price is missing, and for a review."""

    production: str
    purpose: Purpose
    subject_id: str
    usd: float | None
    why: str
    assumptions: Sequence[str]
    expires: str


def question_page(question: Question) -> bytes:
    """The page with two buttons. Only the buttons decide, because mail scanners open links."""
    return render("link.html.j2", title=ASKED[question.purpose], words=(), question=question)


def message_page(title: str, *sentences: str) -> bytes:
    return render("link.html.j2", title=title, words=sentences, question=None)

"""The pages that a link of a mail shows: a question with two buttons, or a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onmodel.contracts.datasets import DatasetShown
from onmodel.contracts.trainings import CostPart, Purpose
from onmodel.formats.wording import COST_PARTS, person_name
from onmodel.pages.templating import render

ASKED: dict[Purpose, str] = {
    "training": "Train a model?",
    "captions": "Caption the pictures?",
    "review": "Are the captions good?",
    "deployment": "Deploy the model?",
    "drawing": "Draw the storyboard?",
}


@dataclass(frozen=True)
class ShownPicture:
    """One of the dataset's pictures, inside the page."""

    uri: str
    character: str


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
    parts: Sequence[CostPart] = ()
    usual_usd: float | None = None
    follows: Sequence[str] = ()
    dataset: DatasetShown | None = None
    pictures: Sequence[ShownPicture] = ()


@dataclass(frozen=True)
class AskedAgain:
    """How a question is asked again: a clause without a full stop, and a command if one does it."""

    how: str
    command: str = ""


def question_page(question: Question) -> bytes:
    """The page with two buttons. Only the buttons decide, because mail scanners open links."""
    return render(
        "link.html.j2",
        title=ASKED[question.purpose],
        words=(),
        follows=question.follows,
        home="",
        again=None,
        question=question,
        part_names=COST_PARTS,
        person_name=person_name,
    )


def message_page(
    title: str,
    *sentences: str,
    follows: Sequence[str] = (),
    home: str = "",
    again: AskedAgain | None = None,
) -> bytes:
    """A page with a message.

    Args:
        title: of the page.
        sentences: below it.
        follows: what happens next, in its order.
        home: link to the production's home page; '' shows none.
        again: for a question that is over.
    """
    return render(
        "link.html.j2",
        title=title,
        words=sentences,
        follows=follows,
        home=home,
        again=again,
        question=None,
    )

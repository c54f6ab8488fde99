"""Nova's yes/no questions about a scene, and its answers about a picture.

Questions are made from the scene's words. The answers come from the figures that DetectLabels'
stand-in finds: it sees how many there are, not who, and answers no to whatever else is asked for.
"""

from __future__ import annotations

import json
import re
from typing import Any

_SCENE = re.compile(r"was drawn for this scene:\n(?P<scene>.+)\n")
_FIRST = re.compile(r"numbered from (?P<first>\d+)\.")
_LISTED = re.compile(r"these questions about the picture:\n(?P<list>(?:\d+\. .+\n)+)")
_NAMED = re.compile(r"\b(?:a|an|the)\s+(?P<words>[^\W\d]+(?:\s+[^\W\d]+)?)", re.IGNORECASE)
_FIGURE = re.compile(r"^(?:Is this figure in the picture: |Can you see a figure)")
_FIGURES = re.compile(r"^Can you see at least (?P<least>\d+) figures")
_NO_THING = frozenset(
    {
        "above", "across", "and", "around", "at", "before", "behind", "below", "beside", "between",
        "by", "down", "for", "from", "in", "into", "of", "on", "over", "the", "through", "to",
        "towards", "under", "up", "while", "with",
    }
)  # fmt: skip

ODD: dict[str, str] = {
    "prose": "The picture shows a rabbit who smiles, with a forest behind him.",
    "maybe": json.dumps({str(number): "maybe" for number in range(1, 3)}),
    "cut": '{"1": "yes", "2',
    "unknown": '{"1": "yes", "99": "no"}',
}
"""Unusual answers by name, to questions of both kinds."""


def asked_scene(text: str) -> str | None:
    """The scene that questions are asked for; None when the text asks for something else."""
    found = _SCENE.search(text)
    return found["scene"] if found else None


def asked_questions(text: str) -> tuple[str, ...]:
    """The questions that are to be answered; none when the text asks for something else."""
    found = _LISTED.search(text)
    lines = found["list"].splitlines() if found else ()
    return tuple(line.partition(". ")[2] for line in lines)


def scene_questions(scene: str, text: str) -> str:
    """The JSON array of questions: each thing with an article, and what stands before it."""
    found = _FIRST.search(text)
    first = int(found["first"]) if found else 1
    questions: list[dict[str, Any]] = []

    def ask(question: str, kind: str, about: str, parents: list[int]) -> None:
        number = first + len(questions)
        questions.append(
            {"number": number, "question": question, "kind": kind, "about": about,
             "parents": parents}
        )  # fmt: skip

    for match in list(_NAMED.finditer(scene))[:4]:
        before, _, thing = match["words"].rpartition(" ")
        if thing.casefold() in _NO_THING:
            before, thing = "", before
        if not thing or thing.casefold() in _NO_THING:
            continue
        article = "an" if thing[0] in "aeiouAEIOU" else "a"
        ask(f"Is there {article} {thing} in the picture?", "thing", f"{article} {thing}", [])
        if before:
            ask(f"Is the {thing} {before}?", "detail", "", [first + len(questions) - 1])
    if not questions:
        ask(f"Does the picture show this: {scene[:150]}?", "action", "", list(range(1, first)))
    return json.dumps(questions, ensure_ascii=False)


def answers(questions: tuple[str, ...], figures: int) -> str:
    """The JSON object of answers, for a picture in which so many figures were found."""
    said, left = {}, figures
    for number, question in enumerate(questions, 1):
        is_seen = False
        if _FIGURE.match(question):
            is_seen = left > 0
            left -= 1
        elif found := _FIGURES.match(question):
            is_seen = figures >= int(found["least"])
        said[str(number)] = "yes" if is_seen else "no"
    return json.dumps(said)

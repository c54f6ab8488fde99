"""What was reached without a training: a person sees it before paying for one."""

from __future__ import annotations

from onmodel.contracts.drawings import REFERENCES
from onmodel.judging.words import arm_words
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import STORYBOARDS


def reached_by_references(production: str, registry: Registry) -> str:
    """The numbers of the newest take drawn with reference pictures, as a sentence; '' without."""
    takes = [
        (row, words)
        for row in STORYBOARDS.list(registry, production)
        if (words := arm_words(row.body.numbers, REFERENCES))
    ]
    if not takes:
        return ""
    row, words = max(takes, key=lambda take: take[0].created_at)
    return (
        "Without a training, reference pictures given to the untrained model reached"
        f" (storyboard {row.body.name}, take {row.body.take}): {words}."
        " Identity is 0 for other characters and 1 for the character's own pictures"
    )

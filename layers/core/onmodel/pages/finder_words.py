"""What finders look for, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onmodel.contracts.finders import FinderSettings
from onmodel.formats.wording import listed

FIGURES = {"head": "heads", "half": "figures to the waist", "full": "whole figures"}

WORDS: Mapping[str, Callable[[FinderSettings], str]] = {
    "labels": lambda s: (
        f"what Rekognition labels {listed(s.labels, 'or')} with {s.min_confidence:g} % confidence"
    ),
    "faces": lambda s: (
        f"{FIGURES[s.faces.figure]} around faces of {s.faces.min_confidence:g} % confidence"
    ),
    "grounding": lambda s: (
        f"what {s.grounding.model} finds of {listed(s.grounding.look_for, 'or')} when it is asked"
    ),
}


def figures_in_words(settings: FinderSettings) -> str:
    """What counts as a figure: a part of a sentence, in the plural."""
    return listed([WORDS[kind](settings) for kind in settings.kind])

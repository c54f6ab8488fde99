"""What finders look for, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onmodel.contracts.finders import FinderSettings
from onmodel.formats.wording import listed

FIGURES = {"head": "heads", "half": "figures to the waist", "full": "whole figures"}

WORDS: Mapping[str, Callable[[FinderSettings], str]] = {
    "labels": lambda s: (
        f"what Rekognition labels {listed(s.labels, 'or')} with {s.min_confidence:g} % confidence"
        " or more"
    ),
    "faces": lambda s: (
        f"{FIGURES[s.faces.figure]} around faces of {s.faces.min_confidence:g} % confidence or more"
    ),
    "grounding": lambda s: (
        f"what {s.grounding.model}, when asked, takes for {listed(s.grounding.look_for, 'or')}"
    ),
}


def figures_in_words(settings: FinderSettings) -> str:
    """What counts as a figure: a part of a sentence, in the plural."""
    return listed([WORDS[kind](settings) for kind in settings.kind])

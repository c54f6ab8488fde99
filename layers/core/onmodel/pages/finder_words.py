"""What finders look for, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onmodel.contracts.finders import MODEL_ARN, FinderSettings
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
    "custom_labels": lambda s: (
        f"what {model_in_words(s.custom_labels.model)} answers with"
        f" {s.custom_labels.min_confidence:g} % confidence or more"
    ),
}


def model_in_words(arn: str) -> str:
    """A Custom Labels model by its project's and its version's name."""
    named = MODEL_ARN.fullmatch(arn)
    return f"the Custom Labels model {named['project']}/{named['version']}" if named else arn


def figures_in_words(settings: FinderSettings) -> str:
    """What counts as a figure: a part of a sentence, in the plural."""
    return listed([WORDS[kind](settings) for kind in settings.kind])

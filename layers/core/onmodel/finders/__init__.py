"""The catalogue of finders: the setting `finder.kind` names some, FINDERS makes each.

A new finder is one file in this package, one line in FINDERS, its section in `contracts.finders`,
what it pays for in `money.finder_usage`, its words in `pages.finder_words`, and, where it calls a
new service, an adapter, a field of FinderServices and the right to call it in template.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onmodel.contracts.finders import FinderSettings
from onmodel.finders.custom_labels import CustomLabelsFinder
from onmodel.finders.faces import FacesFinder
from onmodel.finders.grounding import GroundingFinder
from onmodel.finders.labels import LabelsFinder
from onmodel.finders.merged import MergedFinder
from onmodel.ports.finder import Finder
from onmodel.ports.models import CaptionModel, FaceDetector, LabelDetector


@dataclass(frozen=True)
class FinderServices:
    """Makes the services that finders call, each when it is first used."""

    labels: Callable[[], LabelDetector]
    faces: Callable[[], FaceDetector]
    grounding: Callable[[str], CaptionModel]
    """Takes the model's id."""
    custom_labels: Callable[[str], LabelDetector]
    """Takes the model's ARN."""


FINDERS: Mapping[str, Callable[[FinderSettings, FinderServices], Finder]] = {
    "labels": lambda settings, services: LabelsFinder(services.labels(), settings),
    "faces": lambda settings, services: FacesFinder(services.faces(), settings.faces),
    "grounding": lambda settings, services: GroundingFinder(
        services.grounding(settings.grounding.model), settings.grounding
    ),
    "custom_labels": lambda settings, services: CustomLabelsFinder(
        services.custom_labels(settings.custom_labels.model), settings.custom_labels
    ),
}


def make_finder(settings: FinderSettings, services: FinderServices) -> Finder:
    """The finders that `settings.kind` names, as one."""
    return MergedFinder({kind: FINDERS[kind](settings, services) for kind in settings.kind})

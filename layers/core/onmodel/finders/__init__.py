"""The catalogue of finders: the setting `finder.kind` names one, FINDERS makes it.

A new finder is one file in this package, one line in FINDERS, its settings in
`contracts.settings`, and, where it calls a new service, an adapter, a field of FinderServices and
the right to call it in template.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onmodel.contracts.settings import FinderSettings
from onmodel.finders.labels import LabelsFinder
from onmodel.ports.finder import Finder
from onmodel.ports.models import LabelDetector


@dataclass(frozen=True)
class FinderServices:
    """Makes the services that finders call, each when it is first used."""

    labels: Callable[[], LabelDetector]


FINDERS: Mapping[str, Callable[[FinderSettings, FinderServices], Finder]] = {
    "labels": lambda settings, services: LabelsFinder(services.labels(), settings),
}


def make_finder(settings: FinderSettings, services: FinderServices) -> Finder:
    """The finder that `settings.kind` names."""
    return FINDERS[settings.kind](settings, services)

"""What finders pay for: by the frame, before anything is cached."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onmodel.contracts.base import Usage
from onmodel.contracts.finders import FinderSettings
from onmodel.money.result_cache import DETECT_FACES, DETECT_LABELS

FINDER_USAGE: Mapping[str, Callable[[FinderSettings, int], tuple[Usage, ...]]] = {
    "labels": lambda _, frames: (Usage(item=DETECT_LABELS, paid=frames),),
    "faces": lambda _, frames: (Usage(item=DETECT_FACES, paid=frames),),
}
"""By the finder's kind: settings and number of frames → usage."""


def finding_usage(settings: FinderSettings, frames: int) -> tuple[Usage, ...]:
    """What looking for figures in so many frames uses: each finder looks at every frame."""
    return tuple(use for kind in settings.kind for use in FINDER_USAGE[kind](settings, frames))

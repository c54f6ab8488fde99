"""What finders pay for: by the frame, before anything is cached."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onmodel.contracts.base import Usage
from onmodel.contracts.finders import CustomLabelsFinderSettings, FinderSettings
from onmodel.money.result_cache import DETECT_CUSTOM_LABELS, DETECT_FACES, DETECT_LABELS
from onmodel.money.usage import token_usage

GROUNDING_TOKENS_IN = 2400  # a picture of 1,280 px is 1,500 to 2,000, the question about 300
GROUNDING_TOKENS_OUT = 100  # two figures
GROUNDING_REPAIRS = 0.1  # share of answers asked for a second time

CUSTOM_LABELS_HOUR = "rekognition.custom-labels-hour"
"""Of one inference unit."""

FRAMES_PER_UNIT_SECOND = 5.0  # that one inference unit answers; it depends on the model
LEAST_UNIT_HOURS = 0.25  # decoding, and the minute in which the start is noticed

FINDER_USAGE: Mapping[str, Callable[[FinderSettings, int], tuple[Usage, ...]]] = {
    "labels": lambda _, frames: (Usage(item=DETECT_LABELS, paid=frames),),
    "faces": lambda _, frames: (Usage(item=DETECT_FACES, paid=frames),),
    "grounding": lambda settings, frames: _grounding(settings.grounding.model, frames),
    "custom_labels": lambda settings, frames: _custom_labels(settings.custom_labels, frames),
}
"""By the finder's kind: settings and number of frames → usage."""


def finding_usage(settings: FinderSettings, frames: int) -> tuple[Usage, ...]:
    """What looking for figures in so many frames uses: each finder looks at every frame."""
    return tuple(use for kind in settings.kind for use in FINDER_USAGE[kind](settings, frames))


def _grounding(model: str, frames: int) -> tuple[Usage, ...]:
    calls = frames * (1 + GROUNDING_REPAIRS)
    return token_usage(
        model, round(calls * GROUNDING_TOKENS_IN), round(calls * GROUNDING_TOKENS_OUT)
    )


def _custom_labels(settings: CustomLabelsFinderSettings, frames: int) -> tuple[Usage, ...]:
    """For a film alone; films that are prepared at once share the hours."""
    hours = frames / FRAMES_PER_UNIT_SECOND / 3600 + LEAST_UNIT_HOURS * settings.inference_units
    most = settings.hours * settings.inference_units
    return (
        Usage(item=CUSTOM_LABELS_HOUR, paid=min(hours, most)),
        Usage(item=DETECT_CUSTOM_LABELS, paid=frames),
    )

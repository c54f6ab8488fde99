"""Several finders as one: each figure once, with the names of those that found it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.ports.finder import Finder, FrameDetections
from onmodel.vision.detections import merge_detections


@dataclass(frozen=True)
class MergedFinder:
    """A Finder that asks others, one after the other, and joins what they found.

    Attributes:
        finders: by kind, in the order of the settings: the box of the first counts.
    """

    finders: Mapping[str, Finder]

    def find(self, pixels: Pixels, picture: Box) -> FrameDetections:
        """See `Finder.find`."""
        answers = {kind: finder.find(pixels, picture) for kind, finder in self.finders.items()}
        found = merge_detections({kind: answer.detections for kind, answer in answers.items()})
        return FrameDetections(
            found,
            "; ".join(answer.seen for answer in answers.values()),
            refused=tuple(box for answer in answers.values() for box in answer.refused),
            unusable="; ".join(filter(None, (answer.unusable for answer in answers.values()))),
        )

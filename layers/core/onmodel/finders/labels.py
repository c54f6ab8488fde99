"""Finds figures by labels: chosen labels of a detector, with their boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.contracts.films import Detection
from onmodel.contracts.finders import FinderSettings
from onmodel.ports.finder import FrameDetections
from onmodel.ports.models import Label, LabelDetector
from onmodel.vision.detections import unique_detections
from onmodel.vision.encoding import encode_for_service
from onmodel.vision.geometry import FrameSize, instance_box, intersection

LABELS_SHOWN = 5
"""Labels named for a frame without a figure, those of highest confidence."""


@dataclass(frozen=True)
class LabelsFinder:
    """A Finder that calls a label detector once for each frame.

    A label counts when it, or one of its parents, is among `settings.labels`. When chosen labels
    have no box at all, the whole picture area is the detection, flagged `wide`, unless
    `settings.wide_when_no_box` is off.
    """

    detector: LabelDetector
    settings: FinderSettings

    def find(self, pixels: Pixels, picture: Box) -> FrameDetections:
        """See `Finder.find`."""
        height, width = pixels.shape[:2]
        labels = self.detector.detect(encode_for_service(pixels))
        chosen = [label for label in labels if self._counts(label)]
        found = unique_detections(self._boxed(chosen, picture, (width, height)))
        return FrameDetections(found or self._wide(chosen, picture), _in_words(labels))

    def _counts(self, label: Label) -> bool:
        """Whether a label, or a parent of it, is chosen; letter case does not matter."""
        wanted = {name.casefold() for name in self.settings.labels}
        names = {label.name.casefold(), *(parent.casefold() for parent in label.parents)}
        return label.confidence >= self.settings.min_confidence and not wanted.isdisjoint(names)

    def _boxed(
        self, labels: Sequence[Label], picture: Box, frame_size: FrameSize
    ) -> Iterator[Detection]:
        for label in labels:
            for instance in label.instances:
                box = instance_box(instance, frame_size)
                inside = intersection(box, picture) if box else None
                if inside and instance.confidence >= self.settings.min_confidence:
                    yield Detection(box=inside, label=label.name, confidence=instance.confidence)

    def _wide(self, chosen: Sequence[Label], picture: Box) -> tuple[Detection, ...]:
        unboxed = [label for label in chosen if not label.instances]
        if not unboxed or not self.settings.wide_when_no_box:
            return ()
        best = min(unboxed, key=_by_confidence)
        return (Detection(box=picture, label=best.name, confidence=best.confidence, wide=True),)


def _in_words(labels: Sequence[Label]) -> str:
    shown = sorted(labels, key=_by_confidence)[:LABELS_SHOWN]
    return ", ".join(f"{label.name} {label.confidence:.0f} %" for label in shown) or "nothing"


def _by_confidence(label: Label) -> tuple[float, str]:
    return -label.confidence, label.name

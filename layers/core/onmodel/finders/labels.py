"""Finds figures by labels: chosen labels of a detector, with their boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection
from onmodel.contracts.finders import FinderSettings
from onmodel.ports.finder import FrameDetections
from onmodel.ports.models import Label, LabelDetector
from onmodel.vision.detections import unique_detections
from onmodel.vision.encoding import encode_for_service
from onmodel.vision.labelled_boxes import boxed_figures, labels_in_words, surest_first


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
        found = unique_detections(
            boxed_figures(chosen, picture, (width, height), self.settings.min_confidence)
        )
        return FrameDetections(found or self._wide(chosen, picture), labels_in_words(labels))

    def _counts(self, label: Label) -> bool:
        """Whether a label, or a parent of it, is chosen; letter case does not matter."""
        wanted = {name.casefold() for name in self.settings.labels}
        names = {label.name.casefold(), *(parent.casefold() for parent in label.parents)}
        return label.confidence >= self.settings.min_confidence and not wanted.isdisjoint(names)

    def _wide(self, chosen: Sequence[Label], picture: Box) -> tuple[Detection, ...]:
        unboxed = [label for label in chosen if not label.instances]
        if not unboxed or not self.settings.wide_when_no_box:
            return ()
        best = min(unboxed, key=surest_first)
        return (Detection(box=picture, label=best.name, confidence=best.confidence, wide=True),)

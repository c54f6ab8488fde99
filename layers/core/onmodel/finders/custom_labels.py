"""Finds figures with a Custom Labels model of the user's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.contracts.films import Detection
from onmodel.contracts.finders import CustomLabelsFinderSettings
from onmodel.errors import FilmRefused
from onmodel.ports.finder import FrameDetections
from onmodel.ports.models import Label, LabelDetector
from onmodel.vision.detections import unique_detections
from onmodel.vision.encoding import encode_for_service
from onmodel.vision.geometry import FrameSize, instance_box, intersection

LABELS_SHOWN = 5
"""Labels named for a frame without a figure, those of highest confidence."""


@dataclass(frozen=True)
class CustomLabelsFinder:
    """A Finder that calls the model once for each frame; the model must run.

    Every label of the model counts. It says what was found, and gives no name: namers do.
    """

    detector: LabelDetector
    settings: CustomLabelsFinderSettings

    def find(self, pixels: Pixels, picture: Box) -> FrameDetections:
        """See `Finder.find`.

        Raises:
            FilmRefused: the model answers labels of whole pictures: no frame will have a box.
        """
        height, width = pixels.shape[:2]
        labels = self.detector.detect(encode_for_service(pixels))
        if any(not label.instances for label in labels):
            raise FilmRefused(
                f"{self.settings.model} answers labels of whole pictures, without boxes",
                "Train a Custom Labels model on pictures with drawn boxes, or use another finder",
            )
        found = unique_detections(list(self._boxed(labels, picture, (width, height))))
        return FrameDetections(found, _in_words(labels))

    def _boxed(
        self, labels: Sequence[Label], picture: Box, frame_size: FrameSize
    ) -> Iterator[Detection]:
        for label in labels:
            for instance in label.instances:
                box = instance_box(instance, frame_size)
                inside = intersection(box, picture) if box else None
                if inside and instance.confidence >= self.settings.min_confidence:
                    yield Detection(box=inside, label=label.name, confidence=instance.confidence)


def _in_words(labels: Sequence[Label]) -> str:
    shown = sorted(labels, key=lambda label: (-label.confidence, label.name))[:LABELS_SHOWN]
    return ", ".join(f"{label.name} {label.confidence:.0f} %" for label in shown) or "nothing"

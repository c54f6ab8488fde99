"""Finds figures with a Custom Labels model of the user's own."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.contracts.finders import CustomLabelsFinderSettings
from onmodel.errors import FilmRefused
from onmodel.ports.finder import FrameDetections
from onmodel.ports.models import LabelDetector
from onmodel.vision.detections import unique_detections
from onmodel.vision.encoding import encode_for_service
from onmodel.vision.labelled_boxes import boxed_figures, labels_in_words


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
        found = unique_detections(
            boxed_figures(labels, picture, (width, height), self.settings.min_confidence)
        )
        return FrameDetections(found, labels_in_words(labels))

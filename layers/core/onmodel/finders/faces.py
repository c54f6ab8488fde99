"""Finds people by their faces: the box of a face is grown to the head or to more of the figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.contracts.crops import Detection
from onmodel.contracts.finders import FacesFinderSettings
from onmodel.ports.finder import FrameDetections
from onmodel.ports.models import FaceDetector, Instance
from onmodel.vision.detections import unique_detections
from onmodel.vision.encoding import encode_for_service
from onmodel.vision.geometry import instance_box, intersection

LABEL = "Face"


@dataclass(frozen=True)
class Growth:
    """How far a figure reaches beyond its face's box, in widths and heights of the face."""

    aside: float
    above: float
    below: float


GROWTHS: Mapping[str, Growth] = {
    "head": Growth(aside=0.3, above=0.35, below=0.1),
    "half": Growth(aside=1.2, above=0.4, below=2.4),
    "full": Growth(aside=1.6, above=0.4, below=8.5),
}
"""A person is 7 to 8 heads tall, 2 to 3 wide, the waist is 3 below the top; a face's box reaches
from the hair or the brow to the chin, 2/3 to 4/5 of a head. Looked at on portraits: a head keeps
its hair, and a half figure ends between waist and hips. A crop adds its padding."""


@dataclass(frozen=True)
class FacesFinder:
    """A Finder that calls a face detector once for each frame.

    Services know human faces only: drawn figures and animals are not found.
    """

    detector: FaceDetector
    settings: FacesFinderSettings

    def find(self, pixels: Pixels, picture: Box) -> FrameDetections:
        """See `Finder.find`."""
        height, width = pixels.shape[:2]
        faces = self.detector.detect(encode_for_service(pixels))
        found = []
        for face in faces:
            if face.confidence >= self.settings.min_confidence:
                box = instance_box(grown(face, GROWTHS[self.settings.figure]), (width, height))
                inside = intersection(box, picture) if box else None
                if inside:
                    found.append(
                        Detection(
                            box=inside,
                            label=LABEL,
                            confidence=face.confidence,
                            face=instance_box(face, (width, height)),
                            is_grown=True,
                        )
                    )
        return FrameDetections(unique_detections(found), _in_words(faces))


def grown(face: Instance, growth: Growth) -> Instance:
    """The figure of a face; it may reach beyond the picture."""
    return face.model_copy(
        update={
            "left": face.left - growth.aside * face.width,
            "top": face.top - growth.above * face.height,
            "width": face.width * (1 + 2 * growth.aside),
            "height": face.height * (1 + growth.above + growth.below),
        }
    )


def _in_words(faces: tuple[Instance, ...]) -> str:
    shown = sorted((face.confidence for face in faces), reverse=True)
    return ", ".join(f"Face {confidence:.0f} %" for confidence in shown) or "no face"

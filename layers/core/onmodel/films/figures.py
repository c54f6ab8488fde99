"""Reads the figures of crops from the studio bucket."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.crops import Crop
from onmodel.ports.storage import ObjectStore
from onmodel.vision.encoding import encode_for_service
from onmodel.vision.figures import figure_alone


@dataclass(frozen=True)
class FigureReader:
    """Reads them, each when it is asked for."""

    studio: ObjectStore

    def read(self, crop: Crop) -> bytes:
        """The figure alone, as a JPEG for services. Raises NotFound."""
        picture = self.studio.get(crop.key)
        return encode_for_service(figure_alone(picture, crop.window, crop.box))

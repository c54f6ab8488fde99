"""Converts decoded pictures to pixels as a screen shows them: upright, square, BGR."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from av.video.frame import VideoFrame

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.decode.colours import BgrConverter
from onmodel.video.decode.interlacing import deinterlaced

_ROTATIONS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
_WIDEST_PIXEL = 20  # no real format has wider pixels; a larger value is an error in the header


def rotation_of(decoded: VideoFrame) -> int:
    """Degrees clockwise that make a decoded picture upright, by its own data: 0 to 270."""
    return round(-decoded.rotation / 90) * 90 % 360


@dataclass(frozen=True)
class Display:
    """The conversion from coded pictures to upright ones with square pixels.

    Attributes:
        coded: (width, height) as decoded.
        rotation: degrees clockwise: 0, 90, 180 or 270.
        width: of the result in pixels; height too.
    """

    coded: tuple[int, int]
    rotation: int
    width: int
    height: int

    @classmethod
    def of(cls, width: int, height: int, aspect: Fraction, rotation: int) -> Display:
        """For coded pictures whose pixels are `aspect` times as wide as high."""
        plausible = Fraction(1, _WIDEST_PIXEL) < aspect < _WIDEST_PIXEL
        square = max(1, round(width * aspect)) if plausible else width
        if rotation in (90, 270):
            return cls((width, height), rotation, height, square)
        return cls((width, height), rotation, square, height)

    @classmethod
    def of_film(cls, table: PacketTable) -> Display:
        """For a film whose first picture the table describes."""
        return cls.of(table.width, table.height, table.sample_aspect, table.rotation)

    @property
    def unrotated(self) -> tuple[int, int]:
        """(width, height) of the picture with square pixels, before rotation."""
        sideways = self.rotation in (90, 270)
        return (self.height, self.width) if sideways else (self.width, self.height)

    def to_coded(self, box: Box | None) -> Box:
        """Convert a box from display pixels to coded pixels; None is the whole picture."""
        width, height = self.coded
        if box is None:
            return Box(left=0, top=0, width=width, height=height)
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
        if self.rotation == 90:
            left, top, right, bottom = top, self.width - right, bottom, self.width - left
        elif self.rotation == 180:
            left, right = self.width - right, self.width - left
            top, bottom = self.height - bottom, self.height - top
        elif self.rotation == 270:
            left, top, right, bottom = self.height - bottom, left, self.height - top, right
        scale = width / self.unrotated[0]
        left, right = max(0, int(left * scale)), min(width, round(right * scale))
        top, bottom = max(0, top), min(height, bottom)
        return Box(
            left=min(left, width - 1),
            top=min(top, height - 1),
            width=max(1, right - left),
            height=max(1, bottom - top),
        )

    def rotated(self, picture: Any) -> Any:  # noqa: ANN401 - any array of pixels
        """Rotate a picture with square pixels upright."""
        if self.rotation:
            picture = cv2.rotate(picture, _ROTATIONS[self.rotation])
        return np.ascontiguousarray(picture)


class PictureRenderer:
    """Renders decoded pictures as pixels; keeps the converter's tables between them.

    Args:
        display: the conversion to upright pictures with square pixels.
        picture: the part without bars, in display pixels; None is all of it.
    """

    def __init__(self, display: Display, picture: Box | None = None) -> None:
        self.display = display
        self.picture = display.to_coded(picture)
        self._converter = BgrConverter()

    def pixels(self, decoded: VideoFrame) -> Pixels:
        """(height, width, 3) uint8 BGR, upright, square pixels, in the film's own colours."""
        pixels: Any = self._converter.bgr(decoded)
        if decoded.interlaced_frame:
            pixels = deinterlaced(pixels)
        if (pixels.shape[1], pixels.shape[0]) != self.display.unrotated:
            pixels = cv2.resize(pixels, self.display.unrotated, interpolation=cv2.INTER_AREA)
        upright: Pixels = self.display.rotated(pixels)
        return upright

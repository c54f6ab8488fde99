"""Converts decoded pictures to pixels as a screen shows them: upright, square, BGR."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from av.video.frame import VideoFrame

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.contracts.films import Shape
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

    def to_coded(self, box: Box) -> Box:
        """Convert a box from display pixels to coded pixels."""
        width, height = self.coded
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


@dataclass(frozen=True)
class PictureView:
    """How pictures of one shape are shown, and which part of them is measured and cut.

    Attributes:
        picture: the part without bars, in display pixels.
        coded_picture: the same part in coded pixels.
    """

    display: Display
    picture: Box
    coded_picture: Box


class PictureRenderer:
    """Renders decoded pictures as pixels, each in its own shape.

    Keeps the converter's tables between pictures.

    Args:
        table: says aspect and rotation where the coded pictures do not.
        shapes: of the film, with the part without bars; a picture of another shape has no bars.
    """

    def __init__(self, table: PacketTable, shapes: Sequence[Shape] = ()) -> None:
        self._table = table
        self._pictures = {(shape.width, shape.height): shape.picture for shape in shapes}
        self._first_aspect, self._rotation = table.coded_aspect, table.rotation
        self._views: dict[tuple[int, int, Fraction, int], PictureView] = {}
        self._converter = BgrConverter()

    def read_rotation(self, decoded: VideoFrame) -> None:
        """Take the rotation for this and the next pictures, if a decoded picture has its own."""
        if decoded.key_frame:
            self._rotation = rotation_of(decoded) or self._rotation

    def view(self, decoded: VideoFrame, coded_aspect: Fraction | None) -> PictureView:
        """How a decoded picture is shown.

        Args:
            decoded: the picture.
            coded_aspect: width of its pixels by their height as coded; None if it does not say.
        """
        key = (decoded.width, decoded.height, self._aspect(coded_aspect), self._rotation)
        if key not in self._views:
            display = Display.of(*key)
            size = (display.width, display.height)
            whole = Box(left=0, top=0, width=display.width, height=display.height)
            picture = self._pictures.get(size, whole)
            self._views[key] = PictureView(display, picture, display.to_coded(picture))
        return self._views[key]

    def _aspect(self, coded: Fraction | None) -> Fraction:
        """The container's aspect as long as the coded one stays that of the first picture."""
        if self._first_aspect is None:
            self._first_aspect = coded
        if coded == self._first_aspect:
            return self._table.sample_aspect
        return coded or Fraction(1)

    def pixels(self, decoded: VideoFrame, display: Display) -> Pixels:
        """(height, width, 3) uint8 BGR, upright, square pixels, in the film's own colours."""
        pixels: Any = self._converter.bgr(decoded)
        if decoded.interlaced_frame:
            pixels = deinterlaced(pixels)
        if (pixels.shape[1], pixels.shape[0]) != display.unrotated:
            pixels = cv2.resize(pixels, display.unrotated, interpolation=cv2.INTER_AREA)
        upright: Pixels = display.rotated(pixels)
        return upright

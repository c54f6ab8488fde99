"""Lays the small picture of a figure over another one of it, where it fits best."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.crops import Crop
from onmodel.vision.geometry import intersection
from onmodel.vision.light import light_gains

_BLUR = (3, 3)  # hides blocks and grain of compression
_NEAR = np.ones((3, 3), np.uint8)  # a pixel that is found within one pixel has not changed
_INSET = 0.05  # of the figure: its edges are not searched for
_SLACK = 0.15  # of the figure: how far boxes of one figure may differ

PictureValues = npt.NDArray[np.float32]
Scaled = tuple[PictureValues, tuple[int, int, int, int]]
"""A picture, and left, top, right and bottom of the figure in it."""


@dataclass(frozen=True, eq=False)
class Figure:
    """A crop and its small picture, `(height, width, 3)` uint8, BGR, of the crop's window."""

    thumbnail: Pixels
    crop: Crop

    def scaled(self, scale: float) -> Scaled:
        """The blurred picture at `scale` pixels for one of the film, and the figure's box."""
        window = self.crop.window
        size = max(8, round(window.width * scale)), max(8, round(window.height * scale))
        small: Any = cv2.resize(self.thumbnail, size, interpolation=cv2.INTER_AREA)
        blurred = cv2.GaussianBlur(small, _BLUR, 0).astype(np.float32)
        return blurred, self._box(scale, scale, size)

    @cached_property
    def gains(self) -> PictureValues:
        """`(3,)`: what makes the figure's colours those of white light."""
        height, width = self.thumbnail.shape[:2]
        window = self.crop.window
        left, top, right, bottom = self._box(
            width / window.width, height / window.height, (width, height)
        )
        return np.array(light_gains(self.thumbnail[top:bottom, left:right]), np.float32)

    def _box(self, across: float, down: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """The figure in a picture of this size: left, top, right, bottom; 8 pixels at least."""
        window = self.crop.window
        box = intersection(self.crop.box, window) or window
        left = min(round((box.left - window.left) * across), size[0] - 8)
        top = min(round((box.top - window.top) * down), size[1] - 8)
        right = min(size[0], round((box.right - window.left) * across))
        bottom = min(size[1], round((box.bottom - window.top) * down))
        return left, top, max(left + 8, right), max(top + 8, bottom)


@dataclass(frozen=True)
class Laid:
    """Where the figure of one picture is in another one.

    Attributes:
        left, top, width, height: the figure without its edges, in the first picture.
        across, down: pixels to add to a place in the first picture for that in the other one.
    """

    left: int
    top: int
    width: int
    height: int
    across: float
    down: float

    def part(self, values: PictureValues) -> PictureValues:
        """The figure's part of what has the shape of the first picture."""
        return values[self.top : self.top + self.height, self.left : self.left + self.width]

    def laid(self, values: PictureValues) -> PictureValues:
        """What has the shape of the other picture, laid over `part`."""
        moved = np.array(
            [[1, 0, -self.left - self.across], [0, 1, -self.top - self.down]], np.float32
        )
        size = self.width, self.height
        return np.asarray(
            cv2.warpAffine(values, moved, size, borderMode=cv2.BORDER_REPLICATE), np.float32
        )


def lay(first: Scaled, other: Scaled) -> Laid:
    """Find the figure of one picture in another one, to fractions of a pixel."""
    picture, (left, top, right, bottom) = first
    left, right = left + (inset := round(_INSET * (right - left))), right - inset
    top, bottom = top + (inset := round(_INSET * (bottom - top))), bottom - inset
    part = picture[top:bottom, left:right]
    area, from_x, from_y = _around(*other, part.shape)
    part = part[: area.shape[0], : area.shape[1]]
    fit = cv2.matchTemplate(area, part, cv2.TM_SQDIFF)
    _, _, (x, y), _ = cv2.minMaxLoc(fit)
    across, down = x + _lowest(fit[y], x), y + _lowest(fit[:, x], y)
    height, width = part.shape[:2]
    return Laid(left, top, width, height, from_x + across - left, from_y + down - top)


def unlike(one: PictureValues, other: PictureValues) -> PictureValues:
    """How far each value is from those of the other picture within one pixel; 0 between them."""
    above, below = one - cv2.dilate(other, _NEAR), cv2.erode(other, _NEAR) - one
    return np.asarray(np.maximum(0, np.maximum(above, below)), np.float32)


def _lowest(values: npt.NDArray[Any], place: int) -> float:
    """How far from the least value the lowest point of a parabola lies: -0.5 to 0.5."""
    if not 0 < place < len(values) - 1:
        return 0.0
    before, least, after = (float(values[place + step]) for step in (-1, 0, 1))
    curved = before - 2 * least + after
    return min(0.5, max(-0.5, 0.5 * (before - after) / curved)) if curved > 0 else 0.0


def _around(
    picture: PictureValues, box: tuple[int, int, int, int], least: tuple[int, ...]
) -> tuple[PictureValues, int, int]:
    """Where a figure of this box is looked for, at least as large as `least`; its left and top."""
    height, width = picture.shape[:2]
    left, top, right, bottom = box
    across = max(round(_SLACK * (right - left)), (least[1] - (right - left)) // 2 + 2)
    down = max(round(_SLACK * (bottom - top)), (least[0] - (bottom - top)) // 2 + 2)
    from_x, from_y = max(0, left - across), max(0, top - down)
    area = picture[from_y : min(height, bottom + down), from_x : min(width, right + across)]
    return area, from_x, from_y

"""Whether a figure visibly changed between two crops of its track: another expression or pose.

The cosine of two crops' vectors does not tell: a figure that was boxed a little differently changes
it more than closed eyes do. So the small pictures themselves are compared: one is laid over the
other where it fits best, and the figure's middle is divided into tiles. A changed mouth fills one
tile and hardly moves the mean of the whole.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.crops import Crop, Thumbnail

SIDE = 160  # pixels of the figure's longer side: alignment to half a pixel is fine enough there
TILES = 10
_BLUR = (7, 7)  # hides what compression and half a pixel of shift do to outlines
_ACROSS, _DOWN = 0.22, 0.45  # half axes of the compared middle: beyond it is background
_SLACK = 0.15  # of the figure: how far boxes of one figure may differ

PictureValues = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Figure:
    """A crop and its small picture, `(height, width, 3)` uint8, BGR, of the crop's window."""

    thumbnail: Pixels
    crop: Crop

    def scaled(self, scale: float) -> tuple[PictureValues, tuple[int, int, int, int]]:
        """The blurred picture at `scale` pixels for one of the film, and the figure's box."""
        window, box = self.crop.window, self.crop.box
        size = max(8, round(window.width * scale)), max(8, round(window.height * scale))
        small: Any = cv2.resize(self.thumbnail, size, interpolation=cv2.INTER_AREA)
        left = max(0, round((box.left - window.left) * scale))
        top = max(0, round((box.top - window.top) * scale))
        right = min(size[0], round((box.right - window.left) * scale))
        bottom = min(size[1], round((box.bottom - window.top) * scale))
        blurred = cv2.GaussianBlur(small, _BLUR, 0).astype(np.float32)
        return blurred, (left, top, max(left + 8, right), max(top + 8, bottom))


class Figures:
    """The figures of some crops, by their places; pictures are decoded when they are needed."""

    def __init__(self, crops: Sequence[Crop], thumbnails: Iterable[Thumbnail]) -> None:
        self._crops = crops
        self._jpegs = {thumbnail.id: thumbnail.jpeg for thumbnail in thumbnails}
        self._figures: dict[int, Figure] = {}

    def change(self, first: int, second: int) -> float:
        """`visible_change` of two crops."""
        return visible_change(self._figure(first), self._figure(second))

    def _figure(self, place: int) -> Figure:
        if place not in self._figures:
            crop = self._crops[place]
            jpeg = np.frombuffer(base64.b64decode(self._jpegs[crop.crop_id]), np.uint8)
            pixels: Any = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
            self._figures[place] = Figure(pixels, crop)
        return self._figures[place]


def visible_change(first: Figure, second: Figure) -> float:
    """The greatest mean difference in a tile of the figure's middle, 0 to 255.

    Measured on drawn films (`make bench-characters`): pictures of one held pose, boxed with 5 %
    noise, stay below 13 in nine of ten cases; changed expressions and poses reach it in 97 of 100.

    Args:
        first: a crop.
        second: another crop of the same figure in the same shot.
    """
    boxes = first.crop.box, second.crop.box
    scale = SIDE / max(side for box in boxes for side in (box.width, box.height))
    return min(_change(first, second, scale), _change(second, first, scale))


def _change(template: Figure, searched: Figure, scale: float) -> float:
    picture, (left, top, right, bottom) = template.scaled(scale)
    inset = round(0.05 * (right - left)), round(0.05 * (bottom - top))
    part = picture[top + inset[1] : bottom - inset[1], left + inset[0] : right - inset[0]]
    other, near = searched.scaled(scale)
    area = _around(other, near, part.shape)
    if area.shape[0] < part.shape[0] or area.shape[1] < part.shape[1]:
        part = part[: area.shape[0], : area.shape[1]]
    fit = cv2.matchTemplate(area, part, cv2.TM_SQDIFF)
    _, _, (x, y), _ = cv2.minMaxLoc(fit)
    laid = area[y : y + part.shape[0], x : x + part.shape[1]]
    difference = np.abs(part - laid).mean(axis=2) * _middle(*part.shape[:2])
    tiles = cv2.resize(difference, (TILES, TILES), interpolation=cv2.INTER_AREA)
    return float(tiles.max())


def _around(
    picture: PictureValues, box: tuple[int, int, int, int], least: tuple[int, ...]
) -> PictureValues:
    """The part of a picture in which a figure of this box is looked for, at least `least`."""
    height, width = picture.shape[:2]
    left, top, right, bottom = box
    across = max(round(_SLACK * (right - left)), (least[1] - (right - left)) // 2 + 2)
    down = max(round(_SLACK * (bottom - top)), (least[0] - (bottom - top)) // 2 + 2)
    return picture[
        max(0, top - down) : min(height, bottom + down),
        max(0, left - across) : min(width, right + across),
    ]


def _middle(height: int, width: int) -> PictureValues:
    rows, columns = np.mgrid[0:height, 0:width]
    across = (columns - width / 2) / (_ACROSS * width)
    down = (rows - height / 2) / (_DOWN * height)
    return cast(PictureValues, (across**2 + down**2 < 1).astype(np.float32))

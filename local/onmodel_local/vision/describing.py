"""Describes a picture by its pixels: its light, its colours and their places."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from onmodel_local.vision.grid import GridPixels
from onmodel_local.vision.pictures import measure_light

_SIDE = 64
_EDGE = _SIDE // 5  # rows at the top and the bottom: the figure is in the middle
_GREY_SATURATION = 40  # of 255: below it a colour has no name of its own
# upper end of hue in OpenCV's half degrees, and the colour's name
_HUES = (
    (8, "red"), (20, "orange"), (33, "yellow"), (80, "green"),
    (98, "teal"), (128, "blue"), (150, "purple"), (170, "pink"), (180, "red"),
)  # fmt: skip


class Description(NamedTuple):
    """The measurements in words."""

    light: str
    above: str
    below: str
    texture: str
    heavier_side: str


def describe_picture(picture: GridPixels) -> Description:
    """Five measurements in words."""
    small = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8)
    light = measure_light(picture)
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    left, right = float(gray[:, : _SIDE // 2].mean()), float(gray[:, _SIDE // 2 :].mean())
    side = "the left" if left > right + 6 else "the right" if right > left + 6 else "both sides"
    return Description(
        light="dim" if light.brightness < 30 else "bright" if light.brightness > 58 else "even",
        above=_colour(small[:_EDGE]),
        below=_colour(small[-_EDGE:]),
        texture=_texture(light.sharpness),
        heavier_side=side,
    )


def _texture(sharpness: float) -> str:
    if sharpness < 5:
        return "softly"
    return "crisply" if sharpness > 30 else "clearly"


def _colour(pixels: GridPixels) -> str:
    """The commonest colour's name; greys by their lightness."""
    hsv = cv2.cvtColor(pixels.reshape(-1, 1, 3), cv2.COLOR_BGR2HSV).reshape(-1, 3)
    strong = hsv[hsv[:, 1] >= _GREY_SATURATION]
    if len(strong) * 2 < len(hsv):
        value = float(hsv[:, 2].mean())
        return "darkness" if value < 80 else "white" if value > 180 else "grey"
    names = [next(name for end, name in _HUES if hue <= end) for hue in strong[:, 0]]
    name = max(sorted(set(names)), key=names.count)
    value = float(strong[:, 2].mean())
    if name in ("orange", "red") and value < 170:
        return "brown"
    return f"deep {name}" if value < 80 else f"light {name}" if value > 200 else name

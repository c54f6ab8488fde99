"""Many thumbnails in one picture: a page asks for one file and not for a hundred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from onmodel.vision.cropping import resize

CELL = 144
"""Pixels of a thumbnail's longest side. A sheet of a hundred has about 150 KB."""

ACROSS = 10
QUALITY = 75
BACKGROUND = 128  # what a missing picture shows


@dataclass(frozen=True)
class SpritePlace:
    """A thumbnail's place in its sheet, in pixels."""

    x: int
    y: int
    width: int
    height: int


def places(sizes: Sequence[tuple[int, int]]) -> list[SpritePlace]:
    """Where pictures of these widths and heights are, in their order."""
    found = []
    for number, (width, height) in enumerate(sizes):
        scale = CELL / max(width, height)
        row, column = divmod(number, ACROSS)
        found.append(
            SpritePlace(
                x=column * CELL,
                y=row * CELL,
                width=max(1, round(width * scale)),
                height=max(1, round(height * scale)),
            )
        )
    return found


def sprite_sheet(where: Sequence[SpritePlace], jpegs: Mapping[int, bytes]) -> bytes:
    """A JPEG with each thumbnail at its place; one that is missing leaves grey.

    Args:
        where: by number, as `places` says.
        jpegs: thumbnails by number.
    """
    rows = max(1, -(-len(where) // ACROSS))
    sheet = np.full((rows * CELL, min(ACROSS, max(1, len(where))) * CELL, 3), BACKGROUND, np.uint8)
    for number, jpeg in jpegs.items():
        pixels: Any = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        if pixels is None:
            continue
        place = where[number]
        small = resize(pixels, (place.width, place.height))
        sheet[place.y : place.y + place.height, place.x : place.x + place.width] = small
    ok, data = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not ok:
        raise ValueError("the sheet could not be encoded")
    return data.tobytes()

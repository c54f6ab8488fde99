from __future__ import annotations

import cv2
import numpy as np

from onmodel.vision.sprite_sheet import CELL, places, sprite_sheet


def jpeg(width: int, height: int, luma: int) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width, 3), luma, np.uint8))[1].tobytes()


def test_places_when_pictures_have_any_shape_then_each_fits_a_cell_of_its_own() -> None:
    sizes = [(100, 200), (2000, 10), (1, 1)] * 8
    found = places(sizes)
    assert len({(place.x, place.y) for place in found}) == len(sizes)
    assert all(1 <= place.width <= CELL and 1 <= place.height <= CELL for place in found)
    assert (found[0].width, found[0].height) == (CELL // 2, CELL)


def test_sheet_when_made_then_each_picture_is_at_its_place_and_missing_ones_are_grey() -> None:
    where = places([(240, 120)] * 12)
    made = sprite_sheet(where, {0: jpeg(240, 120, 255), 11: jpeg(240, 120, 0), 5: b"no picture"})
    pixels = cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (2 * CELL, 10 * CELL, 3)
    middles = [
        int(pixels[place.y + place.height // 2, place.x + place.width // 2].mean())
        for place in where
    ]
    assert abs(middles[0] - 255) < 3 and middles[11] < 3
    assert all(abs(middle - 128) < 3 for middle in middles[1:11])


def test_sheet_when_there_are_no_pictures_then_one_grey_cell() -> None:
    pixels = cv2.imdecode(np.frombuffer(sprite_sheet([], {}), np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (CELL, CELL, 3)

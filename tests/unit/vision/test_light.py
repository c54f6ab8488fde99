import cv2
import numpy as np
import pytest

from onmodel.contracts.arrays import Pixels
from onmodel.vision.light import MOST_GAIN, WHITE, balance_jpeg, balance_light

BLUE, GREEN, RED = range(3)


def _figure() -> Pixels:
    """A brown figure with white eyes."""
    picture = np.full((40, 40, 3), (40, 80, 120), np.uint8)
    picture[5:10, 5:15] = 250
    return picture


def test_balance_light_when_the_light_is_white_then_the_same_picture() -> None:
    assert np.array_equal(balance_light(_figure()), _figure())


def test_balance_light_when_at_dusk_then_the_picture_of_noon() -> None:
    dusk = (_figure() * np.array([0.62, 0.55, 0.5])).astype(np.uint8)

    balanced = balance_light(dusk)

    assert np.abs(balanced.astype(int) - _figure()).max() <= 3
    assert np.abs(dusk.astype(int) - _figure()).max() == 125


def test_balance_light_when_nothing_is_white_then_a_red_coat_stays_red() -> None:
    coat = np.full((20, 20, 3), (20, 30, 200), np.uint8)

    balanced = balance_light(coat)

    assert balanced[0, 0, RED] == WHITE
    assert balanced[0, 0, BLUE] == 20 * MOST_GAIN
    assert balanced[0, 0, GREEN] == 30 * MOST_GAIN


def test_balance_light_when_black_then_black() -> None:
    assert balance_light(np.zeros((8, 8, 3), np.uint8)).max() == 0


def test_balance_light_when_done_then_its_argument_is_as_before() -> None:
    dark = np.full((8, 8, 3), 90, np.uint8)

    balance_light(dark)

    assert dark.min() == dark.max() == 90


def test_balance_jpeg_when_dark_then_brighter_and_of_the_same_size() -> None:
    _, dark = cv2.imencode(".jpg", np.full((100, 120, 3), 100, np.uint8))

    balanced = cv2.imdecode(np.frombuffer(balance_jpeg(dark.tobytes()), np.uint8), cv2.IMREAD_COLOR)

    assert balanced is not None
    assert balanced.shape == (100, 120, 3)
    assert abs(int(balanced.mean()) - 200) <= 2


def test_balance_jpeg_when_no_picture_then_refused() -> None:
    with pytest.raises(ValueError, match="not a picture"):
        balance_jpeg(b"text")

import numpy as np
import pytest

from onmodel.contracts.base import Box
from onmodel.vision.encoding import encode_picture
from onmodel.vision.figures import figure_alone

WINDOW = Box(left=100, top=50, width=200, height=100)


def picture() -> bytes:
    """Twice as large as its window; the figure's 50 x 20 pixels in the film are red."""
    pixels = np.zeros((200, 400, 3), np.uint8)
    pixels[40:80, 200:300] = (0, 0, 255)
    return encode_picture(pixels, "png")


def test_figure_when_cut_then_only_its_box_in_the_pictures_resolution() -> None:
    figure = figure_alone(picture(), WINDOW, Box(left=200, top=70, width=50, height=20))
    assert figure.shape == (40, 100, 3)
    assert (figure == (0, 0, 255)).all()


def test_figure_when_its_box_reaches_beyond_the_window_then_up_to_the_border() -> None:
    figure = figure_alone(picture(), WINDOW, Box(left=0, top=0, width=300, height=80))
    assert figure.shape == (60, 400, 3)


def test_figure_when_the_file_is_broken_then_an_error() -> None:
    with pytest.raises(ValueError, match="not a picture"):
        figure_alone(b"jpeg", WINDOW, WINDOW)

import cv2
import numpy as np
import pytest

from onmodel.contracts.arrays import Pixels
from onmodel.vision.text_lines import letters_in_lines

ALL = 10_000


def card(lines: list[str], *, size: float = 1.0, ink: int = 255, paper: int = 30) -> Pixels:
    pixels = np.full((540, 960, 3), paper, np.uint8)
    for row, line in enumerate(lines, start=1):
        place = (40, round(row * 46 * size))
        cv2.putText(pixels, line, place, cv2.FONT_HERSHEY_SIMPLEX, size, (ink,) * 3, 2, cv2.LINE_AA)
    return pixels


@pytest.mark.parametrize(("ink", "paper"), [(255, 30), (20, 220)])
@pytest.mark.parametrize("size", [0.8, 1.0, 1.4])
def test_letters_when_a_card_has_lines_then_nearly_all_are_counted(
    size: float, ink: int, paper: int
) -> None:
    lines = ["DIRECTED BY", "SACHA GOEDEGEBURE", "PRODUCED BY", "TON ROOSENDAAL"]
    letters = sum(len(line.replace(" ", "")) for line in lines)
    found = letters_in_lines(card(lines, size=size, ink=ink, paper=paper), ALL)
    assert 0.6 * letters <= found <= letters + 4


def test_letters_when_enough_are_found_then_counting_ends() -> None:
    assert letters_in_lines(card(["A LONG LINE OF A TITLE"] * 8), 20) == 20


def test_letters_when_a_word_is_short_then_it_is_no_line() -> None:
    assert letters_in_lines(card(["STOP"]), ALL) == 0


@pytest.mark.parametrize("seed", range(3))
def test_letters_when_there_is_texture_or_a_drawing_then_none(seed: int) -> None:
    random = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(random.integers(0, 255, (540, 960, 3), np.uint8), (5, 5), 0)
    drawn = np.full((540, 960, 3), 180, np.uint8)
    for _ in range(40):
        x, y, radius = (int(number) for number in random.integers([0, 0, 8], [960, 540, 90]))
        colour = tuple(int(number) for number in random.integers(0, 255, 3))
        cv2.circle(drawn, (x, y), radius, colour, -1, cv2.LINE_AA)
    assert letters_in_lines(noise, ALL) == 0
    assert letters_in_lines(drawn, ALL) < 20


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 2000, 3), (2000, 3, 3)])
def test_letters_when_the_picture_is_tiny_or_a_strip_then_none(shape: tuple[int, int, int]) -> None:
    assert letters_in_lines(np.zeros(shape, np.uint8), ALL) == 0

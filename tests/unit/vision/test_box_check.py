from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn.cast import cast_film

from onmodel.contracts.arrays import Pixels
from onmodel.contracts.base import Box
from onmodel.vision.box_check import LEAST_DETAILED, WHOLE_PICTURE, detailed_share, why_no_figure

PICTURE = Box(left=0, top=60, width=640, height=360)


def frame() -> Pixels:
    """A plain sky over a plain field, a drawn figure at the left, in a frame with bars."""
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[60:420] = (200, 150, 90)
    pixels[300:420] = (60, 140, 80)
    cv2.ellipse(pixels, (140, 240), (70, 130), 0, 0, 360, (40, 60, 200), -1)
    for at in ((120, 190), (160, 190)):
        cv2.circle(pixels, at, 10, (250, 250, 250), -1)
    cv2.line(pixels, (110, 230), (170, 230), (20, 20, 20), 4)
    return pixels


def test_why_when_a_figure_is_in_the_box_then_it_may_be_one() -> None:
    assert why_no_figure(frame(), Box(left=70, top=110, width=140, height=260), PICTURE) == ""


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        (Box(left=320, top=80, width=200, height=200), "without detail (in 0% of its tiles"),
        (Box(left=320, top=180, width=200, height=220), "without detail (in 12% of its tiles"),
        (Box(left=0, top=60, width=640, height=360), "the whole picture (100% of it)"),
        (Box(left=0, top=0, width=640, height=480), "the whole picture (100% of it)"),
        (Box(left=200, top=0, width=200, height=50), "outside the picture"),
    ],
    ids=["sky", "horizon", "picture", "frame", "bar"],
)
def test_why_when_the_box_holds_nothing_then_the_measured_reason(box: Box, reason: str) -> None:
    assert why_no_figure(frame(), box, PICTURE).startswith(reason)


def test_why_when_a_face_fills_nearly_all_then_it_may_be_a_figure() -> None:
    height = round(PICTURE.height * (WHOLE_PICTURE - 0.02))
    assert why_no_figure(frame(), PICTURE.model_copy(update={"height": height}), PICTURE) == ""


def test_detailed_when_a_gradient_fades_across_then_little_detail() -> None:
    row = np.linspace(0, 255, 400).astype(np.uint8)
    assert detailed_share(np.broadcast_to(row[None, :, None], (300, 400, 3))) < LEAST_DETAILED


def test_detailed_when_film_grain_lies_on_a_flat_wall_then_none() -> None:
    grain = np.random.default_rng(1).normal(0, 5, (400, 400, 3))
    assert detailed_share(np.clip(120 + grain, 0, 255).astype(np.uint8)) == 0


def test_detailed_when_figures_of_a_drawn_film_are_looked_at_then_twice_the_least() -> None:
    film = cast_film(3)
    shares = []
    for seconds in (5.0, 35.0, 65.0, 95.0):
        picture = film.picture(seconds)
        for figure in film.appearances(seconds):
            left, top, right, bottom = (max(0, round(side)) for side in figure.box)
            shares.append(detailed_share(picture[top:bottom, left:right]))
    assert len(shares) >= 4
    assert min(shares) >= 2 * LEAST_DETAILED

import cv2
import numpy as np
import pytest
from drawn.cast import WIDTH as FILM_WIDTH
from drawn.cast import CastFilm, _Shot, cast_film

from onmodel.contracts.base import Box
from onmodel.vision.background_movement import WIDTH, background_movement
from onmodel.vision.carrying import Grey, grey_copy

SCALE = FILM_WIDTH / WIDTH


def film(pan: float, framing: str = "wide") -> CastFilm:
    whole = cast_film(12)
    shot = next(shot for shot in whole.shots if len(shot.acts) > 1)
    acts = tuple(shot.acts)
    panned = _Shot(0, shot.start, shot.end, shot.location, framing, shot.light, pan, acts)
    return CastFilm(12, 9, whole.cast, whole.strangers, (panned,), 0)


def seen(film: CastFilm, seconds: float) -> tuple[Grey, list[Box]]:
    seconds += film.shots[0].start
    boxes = [
        Box(left=left, top=top, width=right - left, height=bottom - top)
        for left, top, right, bottom in (each.box for each in film.appearances(seconds))
    ]
    return grey_copy(film.picture(seconds), WIDTH), boxes


@pytest.mark.parametrize("pan", [0, 14, -30, 60])
def test_background_movement_when_the_camera_pans_then_that_far_against_it(pan: float) -> None:
    (one, figures), (other, others) = seen(film(pan), 1), seen(film(pan), 2)
    moved = background_movement(one, other, figures, others, SCALE)
    assert moved is not None
    assert moved == pytest.approx((-pan, 0), abs=1)


@pytest.mark.parametrize("pan", [14, -14, 20])
def test_background_movement_when_boxes_hold_most_of_it_then_what_moves_otherwise_counts(
    pan: float,
) -> None:
    (one, figures), (other, others) = seen(film(pan, "half"), 1), seen(film(pan, "half"), 2)
    assert sum(box.width for box in figures) > 0.7 * FILM_WIDTH
    moved = background_movement(one, other, figures, others, SCALE)
    assert moved is not None
    assert moved == pytest.approx((-pan, 0), abs=1)


def test_background_movement_when_a_figure_was_missed_then_most_of_the_picture_counts() -> None:
    one = (np.random.default_rng(1).random((18, 32)) * 120).astype(np.uint8)
    scene = cv2.resize(one, (WIDTH, 270), interpolation=cv2.INTER_LINEAR)
    before, after = scene.copy(), np.roll(scene, 6, axis=1)
    figure = (np.random.default_rng(2).random((30, 15)) * 255).astype(np.uint8)
    figure = cv2.resize(figure, (60, 120), interpolation=cv2.INTER_NEAREST)
    before[100:220, 200:260], after[100:220, 190:250] = figure, figure
    moved = background_movement(before, after, [], [], 1.0)
    assert moved == pytest.approx((6, 0), abs=0.5)


def test_background_movement_when_figures_fill_the_picture_then_none() -> None:
    (one, _), (other, _) = seen(film(14), 1), seen(film(14), 2)
    everything = [Box(left=0, top=0, width=FILM_WIDTH, height=540)]
    assert background_movement(one, other, everything, everything, SCALE) is None


def test_background_movement_when_the_pictures_have_nothing_in_common_then_none() -> None:
    one, other = (
        (np.random.default_rng(seed).random((270, WIDTH)) * 255).astype(np.uint8) for seed in (1, 2)
    )
    assert background_movement(one, other, [], [], 1.0) is None


def test_background_movement_when_plain_or_of_two_shapes_then_none() -> None:
    plain = np.full((270, WIDTH), 90, np.uint8)
    assert background_movement(plain, plain, [], [], 1.0) is None
    assert background_movement(plain, plain[:200], [], [], 1.0) is None

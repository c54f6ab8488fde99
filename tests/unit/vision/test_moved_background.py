import numpy as np

from onmodel.contracts.base import Box
from onmodel.contracts.crops import BackgroundMoved, Crop
from onmodel.vision.laid_pictures import Figure
from onmodel.vision.moved_background import unlike_background

SCENE = np.random.default_rng(7).integers(0, 255, (40, 120, 3), np.uint8).repeat(4, 0).repeat(4, 1)
FIGURE = Box(left=30, top=40, width=60, height=90)


def seen(number: int, *, step: int, since: float = 0, known: bool = True) -> Figure:
    """A plain grey figure with one mark, before a scene that moves left by `step` a picture."""
    picture = SCENE[:160, step * number : step * number + 120].copy()
    picture[FIGURE.top : FIGURE.bottom, FIGURE.left : FIGURE.right] = 128
    picture[60:80, 50:70] = (0, 0, 255)
    moved = BackgroundMoved(since=since, across=-step * number) if known else None
    crop = Crop(
        crop_id=str(number), film_id="a-00000001", timecode_seconds=number, shot=0, chunk=0,
        box=FIGURE, window=Box(left=0, top=0, width=120, height=160), width=120, height=160,
        label="Cartoon", confidence=90, sharpness=50, quality=0.5, key="k", background=moved,
    )  # fmt: skip
    return Figure(picture, crop)


def test_unlike_background_when_it_moved_then_it_is_found_and_the_figure_is_not() -> None:
    track = [seen(number, step=12) for number in range(3)]
    found = unlike_background(track[0], track, 1.0)
    assert found is not None
    assert float(np.quantile(found[:30, 40:100], 0.95)) < 15  # scene, which other pictures show too
    assert found[70, 60] > 60  # the mark moves with the figure


def test_unlike_background_when_only_others_of_the_same_start_are_known_then_these_are_used() -> (
    None
):
    first, comparable, other = seen(0, step=12), seen(1, step=12), seen(2, step=12, since=2)
    assert unlike_background(first, [first, other], 1.0) is None
    assert unlike_background(first, [first, comparable], 1.0) is not None


def test_unlike_background_when_its_movement_is_not_known_then_none() -> None:
    assert unlike_background(seen(0, step=12, known=False), [seen(1, step=12)], 1.0) is None


def test_unlike_background_when_the_figure_stands_still_before_it_then_none() -> None:
    assert unlike_background(seen(0, step=0), [seen(1, step=0), seen(2, step=0)], 1.0) is None

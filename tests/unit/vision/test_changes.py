import base64

import numpy as np
import pytest
from drawn.cast import EXPRESSIONS, HEIGHT, WIDTH, CastFilm, _Act, _Shot, cast_film

from onmodel.contracts.base import Box
from onmodel.contracts.crops import BackgroundMoved, Crop, Thumbnail
from onmodel.contracts.sampling_settings import CropSettings, DeduplicationSettings
from onmodel.vision import changes, moved_background
from onmodel.vision.changes import Figures
from onmodel.vision.cropping import cut_crop
from onmodel.vision.encoding import thumbnail
from onmodel.vision.geometry import crop_window

LIMIT = DeduplicationSettings().visible_change


DUSK = (0.55, 0.48, 0.43)


def figures(
    *states: tuple[int, str],
    moved: int = 0,
    pan: int = 0,
    light: tuple[float, float, float] = (1, 1, 1),
    seed: int = 3,
    place: tuple[int, float] = (1, WIDTH / 2),
    followed: bool = False,
) -> Figures:
    """Crops of one figure, each boxed a little differently.

    From one to the next it moves by `moved` pixels, and the background by ten times `pan`, which
    is known when it was `followed`. It stands at a `place`: the number of a location, and where
    from its left.
    """
    film = cast_film(seed)
    chance = np.random.default_rng(5)
    crops, small = [], []
    for number, (pose, expression) in enumerate(states):
        act = _Act(film.cast[0], place[1] + moved * number, 0, ((0, pose, expression),), False)
        shot = _Shot(0, 0, 9, place[0], "full", light, 100 * pan, (act,))
        scene = CastFilm(seed, 9, film.cast, (), (shot,), 0)
        edges = np.array(scene.appearances(number / 10)[0].box) + chance.integers(-7, 8, 4)
        left, top, right, bottom = (int(edge) for edge in edges)
        box = Box(left=left, top=top, width=right - left, height=min(HEIGHT, bottom) - top)
        whole = Box(left=0, top=0, width=WIDTH, height=HEIGHT)
        window = crop_window(box, whole, CropSettings())
        jpeg = thumbnail(cut_crop(scene.picture(number / 10), window, CropSettings()))
        small.append(Thumbnail(id=str(number), jpeg=base64.b64encode(jpeg).decode()))
        seen_from = BackgroundMoved(since=0, across=-10 * pan * number) if followed else None
        crops.append(
            Crop(
                crop_id=str(number), film_id="a-00000001", timecode_seconds=number, shot=0, chunk=0,
                box=box, window=window, width=512, height=768, label="Cartoon", confidence=90,
                sharpness=50, quality=0.5, key="k",
                background=seen_from,
            )
        )  # fmt: skip
    return Figures(crops, small)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_change_when_a_held_pose_is_boxed_differently_then_below_the_limit(
    expression: str,
) -> None:
    assert figures((0, expression), (0, expression)).change(0, 1) < LIMIT


def test_change_when_the_figure_walks_before_the_scene_then_below_the_limit() -> None:
    assert figures((0, "calm"), (0, "calm"), moved=15).change(0, 1) < LIMIT


@pytest.mark.parametrize("expression", [each for each in EXPRESSIONS if each != "calm"])
def test_change_when_only_the_face_changes_then_above_the_limit(expression: str) -> None:
    assert figures((0, "calm"), (0, expression)).change(0, 1) >= LIMIT


@pytest.mark.parametrize("pan", [1, 2, 3])
def test_change_when_the_background_moves_behind_a_held_pose_then_below_the_limit(pan: int) -> None:
    assert figures((0, "calm"), (0, "calm"), pan=pan).change(0, 1) < LIMIT


@pytest.mark.parametrize("pan", [4, -4])
def test_change_when_a_followed_background_moves_far_then_it_is_not_taken_for_a_change(
    pan: int,
) -> None:
    states, place = ((0, "calm"),) * 3, (3, 650.0)
    assert figures(*states, pan=pan, seed=2, place=place).change(0, 2) >= LIMIT
    assert figures(*states, pan=pan, seed=2, place=place, followed=True).change(0, 2) < LIMIT


@pytest.mark.parametrize("expression", [each for each in EXPRESSIONS if each != "calm"])
def test_change_when_the_face_changes_before_a_followed_background_then_above_the_limit(
    expression: str,
) -> None:
    states = ((0, "calm"), (0, "calm"), (0, expression), (0, expression))
    assert figures(*states, pan=4, followed=True).change(0, 2) >= LIMIT


@pytest.mark.parametrize("expression", [each for each in EXPRESSIONS if each != "calm"])
def test_change_when_only_the_face_changes_at_dusk_then_above_the_limit(expression: str) -> None:
    assert figures((0, "calm"), (0, expression), light=DUSK).change(0, 1) >= LIMIT


def test_change_when_asked_the_other_way_round_then_the_same() -> None:
    both = figures((0, "calm"), (0, "open"))
    assert both.change(0, 1) == both.change(1, 0)


def test_change_when_the_track_is_long_then_the_nearest_in_time_tell_the_background(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(moved_background, "PICTURES", 2)
    held = figures(*[(0, "calm")] * 8, pan=2, moved=3, followed=True)
    monkeypatch.setattr(changes, "PICTURES", 8)
    among_all = held.change(3, 5)
    monkeypatch.setattr(changes, "PICTURES", 2)
    assert figures(*[(0, "calm")] * 8, pan=2, moved=3, followed=True).change(3, 5) == among_all

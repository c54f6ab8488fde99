from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from drawn.cast import cast_film

from onmodel.contracts.arrays import Pixels
from onmodel.judging.copies import LEAST_STRUCTURE
from onmodel.vision.structure import compare_structure

FILM = cast_film(3, seconds=40)


def crops() -> Iterator[tuple[str, int, Pixels]]:
    """(who, shot, picture) of a film, one a second."""
    for second in range(40):
        frame = FILM.picture(second)
        for appearance in FILM.appearances(second):
            left, top, right, bottom = appearance.box
            side = min(frame.shape[0], int(max(right - left, bottom - top) * 1.2))
            x = int(np.clip((left + right - side) // 2, 0, frame.shape[1] - side))
            y = int(np.clip((top + bottom - side) // 2, 0, frame.shape[0] - side))
            cut = frame[y : y + side, x : x + side]
            yield appearance.name, appearance.shot, cv2.resize(cut, (512, 512))


@pytest.fixture(scope="module")
def pictures() -> list[tuple[str, int, Pixels]]:
    return list(crops())[::2]


def copied(picture: Pixels) -> Pixels:
    """Moved by 3 %, larger, of poor quality, a little lighter."""
    moved = cv2.warpAffine(
        picture, np.array([[1, 0, 14], [0, 1, -14.0]]), (512, 512), borderMode=cv2.BORDER_REPLICATE
    )
    larger = cv2.resize(moved, (700, 700))
    poor = cv2.imdecode(cv2.imencode(".jpg", larger, [1, 60])[1], cv2.IMREAD_COLOR)
    return np.clip(poor.astype(float) * 1.05 + 4, 0, 255).astype(np.uint8)


def test_structure_when_a_picture_was_copied_then_above_the_limit(
    pictures: list[tuple[str, int, Pixels]],
) -> None:
    for _, _, picture in pictures:
        found = compare_structure(copied(picture), picture)
        assert found.same_way > LEAST_STRUCTURE
        assert found.same_way > found.mirrored


def test_structure_when_a_picture_was_mirrored_then_nearer_to_the_mirrored_one(
    pictures: list[tuple[str, int, Pixels]],
) -> None:
    for _, _, picture in pictures:
        found = compare_structure(np.ascontiguousarray(copied(picture)[:, ::-1]), picture)
        assert found.mirrored > found.same_way


def test_structure_when_a_character_is_in_two_shots_then_hardly_ever_above_the_limit(
    pictures: list[tuple[str, int, Pixels]],
) -> None:
    found = [
        compare_structure(ours, theirs).same_way
        for place, (who, shot, ours) in enumerate(pictures)
        for other, elsewhere, theirs in pictures[:place]
        if who == other and shot != elsewhere
    ]
    assert len(found) > 40
    assert np.mean(np.array(found) > LEAST_STRUCTURE) < 0.02


def test_structure_when_a_picture_is_plain_then_zero() -> None:
    plain = np.full((300, 200, 3), 127, np.uint8)
    found = compare_structure(plain, plain)
    assert (found.same_way, found.mirrored) == (0, 0)

import math

import numpy as np
import pytest
from fakes.crops import numbered_crops

from onmodel.contracts.arrays import Vectors
from onmodel.vision.looks import nearest_looks
from onmodel.vision.track_groups import Tracks


def at(*degrees: float) -> Vectors:
    """Unit vectors in the plane: the cosine of two is that of the angle between them."""
    return np.array(
        [(math.cos(math.radians(d)), math.sin(math.radians(d))) for d in degrees], np.float32
    )


def tracks(*numbers: int) -> Tracks:
    return Tracks.of(
        [
            crop.model_copy(update={"track": number})
            for crop, number in zip(numbered_crops(len(numbers)), numbers, strict=True)
        ]
    )


@pytest.mark.parametrize(
    ("degrees", "look"),
    [
        (0, "winter"),
        (28.2, "winter"),  # 0.031 ahead
        (28.4, ""),  # 0.028 ahead
        (31.6, ""),
        (31.8, "summer"),
        (60, "summer"),
    ],
)
def test_looks_when_one_is_ahead_then_it_and_else_none(degrees: float, look: str) -> None:
    references, looks = at(0, 170, 60), ("winter", "winter", "summer")
    assert nearest_looks(tracks(0), at(degrees), references, looks) == (look,)


def test_looks_when_crops_are_of_one_track_then_their_mean_decides() -> None:
    found = nearest_looks(tracks(0, 0, 1), at(5, 35, 55), at(0, 60), ("winter", "summer"))
    assert found == ("winter", "summer")


def test_looks_when_pictures_beside_the_folders_are_nearest_then_none() -> None:
    found = nearest_looks(tracks(0, 1), at(2, 85), at(0, 90), ("", "summer"))
    assert found == ("", "summer")


def test_looks_when_all_references_show_one_look_then_it_is_not_told() -> None:
    assert nearest_looks(tracks(0), at(0), at(0, 5), ("winter", "winter")) == ("",)

import math

import numpy as np
import numpy.typing as npt
import pytest
from fakes.crops import numbered_crops
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.crops import Crop
from onmodel.vision.look_alike_groups import (
    LEAST_COSINE,
    find_groups,
    least_cosine_of_a_group,
    unit_means,
)
from onmodel.vision.track_groups import Tracks


def at(*degrees: float) -> npt.NDArray[np.float64]:
    """Unit vectors in the plane: the cosine of two is that of the angle between them."""
    return np.array([(math.cos(math.radians(d)), math.sin(math.radians(d))) for d in degrees])


def crops(*moments: float) -> list[Crop]:
    """A track each, at these seconds."""
    return [
        crop.model_copy(update={"track": place, "timecode_seconds": moments[place]})
        for place, crop in enumerate(numbered_crops(len(moments)))
    ]


def groups(
    *degrees: float, least: float = 0.9, moments: tuple[float, ...] = ()
) -> list[tuple[int, ...]]:
    tracks = Tracks.of(crops(*(moments or range(len(degrees)))))
    return [group.tracks for group in find_groups(tracks, at(*degrees), least)]


def test_groups_when_two_kinds_are_there_then_two_groups_the_larger_first() -> None:
    assert groups(0, 90, 5, 95, 10) == [(0, 2, 4), (1, 3)]


def test_groups_when_pictures_make_a_chain_then_none_is_far_from_the_exemplar() -> None:
    """25 degrees are alike (0.906), 50 are not: a chain would join all."""
    found = groups(0, 20, 40, 60, 80)
    assert all(abs(a - b) <= 2 for group in found for a in group for b in group)
    assert len(found) > 1


def test_groups_when_one_is_between_two_then_it_is_in_none() -> None:
    assert groups(0, 1, 2, 41, 42, 43, 21.5) == [(0, 1, 2), (3, 4, 5)]


def test_groups_when_two_stand_in_one_frame_then_never_in_one_group() -> None:
    found = groups(0, 1, 2, 3, moments=(1.0, 1.0, 2.0, 3.0))
    assert not any({0, 1} <= set(group) for group in found)


@given(st.lists(st.floats(0, 360), min_size=1, max_size=12))
def test_groups_when_anything_then_each_track_in_one_at_most_and_near_its_exemplar(
    degrees: list[float],
) -> None:
    tracks, means = Tracks.of(crops(*range(len(degrees)))), at(*degrees)
    found = find_groups(tracks, means, 0.9)
    members = [track for group in found for track in group.tracks]
    assert len(members) == len(set(members))
    for group in found:
        assert group.exemplar in group.tracks
        assert all(means[track] @ means[group.exemplar] >= 0.9 - 1e-9 for track in group.tracks)


def test_least_cosine_when_few_stand_together_then_the_usual_one() -> None:
    tracks = Tracks.of(crops(1, 2, 3))
    assert least_cosine_of_a_group(tracks, at(0, 1, 2)) == LEAST_COSINE


def test_least_cosine_when_many_different_ones_are_alike_then_more_than_most_of_them() -> None:
    """Twenty frames with two figures 20 degrees apart, and one with two nearly the same."""
    moments = [float(place // 2) for place in range(42)]
    degrees = [0.0, 20.0] * 20 + [0.0, 1.0]
    least = least_cosine_of_a_group(Tracks.of(crops(*moments)), at(*degrees))
    assert least == pytest.approx(math.cos(math.radians(20)), abs=0.01)


def test_means_when_a_track_has_several_pictures_then_of_unit_length() -> None:
    both = [crop.model_copy(update={"track": 0}) for crop in numbered_crops(2)]
    means = unit_means(Tracks.of(both), at(0, 90))
    assert means == pytest.approx(at(45))

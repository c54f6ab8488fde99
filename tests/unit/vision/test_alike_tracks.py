import math

import numpy as np
import numpy.typing as npt
import pytest
from fakes.crops import numbered_crops
from hypothesis import given
from hypothesis import strategies as st

from onmodel.vision import alike_tracks
from onmodel.vision.alike_tracks import join_alike_tracks, raise_to_groups
from onmodel.vision.track_groups import Tracks


def at(*degrees: float) -> npt.NDArray[np.float64]:
    """Unit vectors in the plane: the cosine of two is that of the angle between them."""
    return np.array([(math.cos(math.radians(d)), math.sin(math.radians(d))) for d in degrees])


def tracks_at(*moments: float) -> Tracks:
    """A track of one crop each, at these seconds."""
    return Tracks.of(
        [
            crop.model_copy(update={"track": place, "timecode_seconds": moments[place]})
            for place, crop in enumerate(numbered_crops(len(moments)))
        ]
    )


def joined(
    *degrees: float, least: float = 0.9, moments: tuple[float, ...] = ()
) -> set[tuple[int, ...]]:
    tracks = tracks_at(*(moments or range(len(degrees))))
    return set(join_alike_tracks(tracks, at(*degrees), least))


def test_join_when_two_kinds_are_there_then_two_groups_and_who_is_like_nobody_alone() -> None:
    assert joined(0, 90, 5, 95, 10, 200) == {(0, 2, 4), (1, 3), (5,)}


def test_join_when_nothing_is_alike_enough_then_each_track_is_alone() -> None:
    assert joined(0, 90, 180) == {(0,), (1,), (2,)}


def test_join_when_the_mean_of_a_group_is_too_far_then_one_near_member_is_not_enough() -> None:
    """20 degrees from one member (0.94), and 40 from the other (0.77): 0.85 on the average."""
    assert joined(0, 20, 40.1) == {(0, 1), (2,)}


def test_join_when_two_stand_in_one_frame_then_never_in_one_group() -> None:
    assert joined(0, 1, moments=(1.0, 1.0)) == {(0,), (1,)}


def test_join_when_a_group_has_a_track_of_the_same_frame_then_the_other_stays_out() -> None:
    """1 and 2 are nearest; 0 is as alike to both, and stands beside 2."""
    assert joined(0, 4, 5, moments=(1.0, 2.0, 1.0)) == {(0,), (1, 2)}


@given(st.lists(st.floats(0, 360), min_size=1, max_size=12))
def test_join_when_anything_then_each_track_is_in_one_group(degrees: list[float]) -> None:
    found = [track for group in joined(*degrees) for track in group]
    assert sorted(found) == list(range(len(degrees)))


@given(st.lists(st.floats(0, 360), min_size=2, max_size=10, unique=True))
def test_join_when_anything_then_as_one_nearest_pair_after_the_other(degrees: list[float]) -> None:
    groups = [[place] for place in range(len(degrees))]
    alike = at(*degrees) @ at(*degrees).T

    def between(first: list[int], second: list[int]) -> float:
        return float(alike[np.ix_(first, second)].mean())

    while len(groups) > 1:
        ranked = sorted(
            (-between(a, b), i, j)
            for i, a in enumerate(groups)
            for j, b in enumerate(groups)
            if i < j
        )
        if len(ranked) > 1 and ranked[1][0] - ranked[0][0] < 1e-9:
            return  # two pairs are as near: either may be first
        cosine, first, second = ranked[0]
        if abs(-cosine - 0.9) < 1e-9:
            return  # rounding decides
        if -cosine < 0.9:
            break
        groups[first] += groups.pop(second)
    assert joined(*degrees) == {tuple(sorted(group)) for group in groups}


def test_join_when_there_are_too_many_then_those_of_most_pictures_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alike_tracks, "MOST_TRACKS", 2)
    crops = [
        crop.model_copy(update={"track": track, "timecode_seconds": float(place)})
        for place, (crop, track) in enumerate(zip(numbered_crops(5), (0, 1, 1, 2, 2), strict=True))
    ]
    assert set(join_alike_tracks(Tracks.of(crops), at(0, 0, 0), 0.9)) == {(0,), (1, 2)}


def test_raise_when_two_are_one_group_then_the_lower_goes_half_way_to_their_mean() -> None:
    raised = raise_to_groups(np.array([[0.8, 0.2], [0.4, 0.4], [0.1, 0.9]]), ((0, 1), (2,)))
    assert raised == pytest.approx(np.array([[0.8, 0.25], [0.5, 0.4], [0.1, 0.9]]))


def test_raise_when_all_are_alone_then_nothing_changes() -> None:
    scores = np.array([[0.8, 0.2], [0.4, 0.4]])
    assert raise_to_groups(scores, ((0,), (1,))) == pytest.approx(scores)

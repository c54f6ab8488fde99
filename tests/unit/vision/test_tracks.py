import numpy as np
import numpy.typing as npt
import pytest
from drawn.cast import cast_film
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.base import Box
from onmodel.contracts.crops import Crop
from onmodel.vision.tracks import ALIKE, find_tracks, least_cosine


def crop(seconds: float, left: int, shot: int = 0) -> Crop:
    box = Box(left=left, top=100, width=200, height=300)
    return Crop(
        crop_id=f"{seconds}-{left}", film_id="a-00000001", timecode_seconds=seconds, shot=shot,
        chunk=0, box=box, window=box, width=512, height=768, label="Cartoon", confidence=90,
        sharpness=50, quality=0.5, key="k",
    )  # fmt: skip


def alike(*figures: int, spread: float = 0.1) -> Vectors:
    """Unit vectors: those of one number have a cosine of about 0.99, others about 0."""
    centres = np.random.default_rng(0).standard_normal((10, 256))
    noise = np.random.default_rng(1).standard_normal((len(figures), 256))
    rows = centres[list(figures)] + spread * noise
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_find_tracks_when_two_figures_cross_then_each_keeps_its_track() -> None:
    crops = [crop(0, 0), crop(0, 600), crop(1, 300), crop(1, 280), crop(2, 600), crop(2, 0)]
    assert find_tracks(crops, alike(0, 1, 0, 1, 0, 1)).tolist() == [0, 1, 0, 1, 0, 1]


def test_find_tracks_when_the_shot_changes_then_a_new_track() -> None:
    crops = [crop(0, 0), crop(1, 0, shot=1)]
    assert find_tracks(crops, alike(0, 0)).tolist() == [0, 1]


def test_find_tracks_when_a_figure_was_missed_for_a_while_then_it_goes_on() -> None:
    crops = [crop(0, 0), crop(1, 400), crop(5, 0), crop(20, 0)]
    assert find_tracks(crops, alike(0, 1, 0, 0)).tolist() == [0, 1, 0, 2]


def test_find_tracks_when_another_figure_takes_its_place_then_a_new_track() -> None:
    assert find_tracks([crop(0, 0), crop(1, 0)], alike(0, 1)).tolist() == [0, 1]


def test_find_tracks_when_there_are_no_crops_then_none() -> None:
    assert find_tracks([], np.zeros((0, 256), np.float32)).tolist() == []


def test_least_cosine_when_few_figures_stand_together_then_the_fixed_one() -> None:
    assert least_cosine([[0, 1], [2, 3]], [0] * 4, alike(0, 1, 0, 1)) == ALIKE


def test_least_cosine_when_figures_of_one_frame_are_alike_then_a_link_must_be_nearer() -> None:
    vectors = alike(*([0, 0] * 30), spread=0.3)
    frames = [[place, place + 1] for place in range(0, 60, 2)]
    pairs = [float(vectors[first] @ vectors[second]) for first, second in frames]
    apart = [place // 2 for place in range(60)]
    assert least_cosine(frames, apart, vectors) == pytest.approx(np.quantile(pairs, 0.95))


def test_least_cosine_when_vectors_tell_figures_apart_then_a_part_of_the_way_to_one_figure() -> (
    None
):
    vectors = alike(*([0, 1] * 30))
    frames = [[place, place + 1] for place in range(0, 60, 2)]
    least = least_cosine(frames, [0] * 60, vectors)
    assert np.quantile([float(vectors[a] @ vectors[b]) for a, b in frames], 0.95) < 0.1
    assert 0.3 < least < 0.45


def test_find_tracks_when_a_false_box_lies_on_a_figure_then_it_is_its_own_track() -> None:
    crops = [crop(seconds, left) for seconds in range(30) for left in (100, 500)]
    vectors = alike(*([0, 1] * 30))
    false = crop(30, 120)
    nothing = unit_like(vectors[-2], cosine=0.2)
    tracks = find_tracks([*crops, false], np.vstack([vectors, nothing]))
    assert tracks.tolist() == [0, 1] * 30 + [2]


def unit_like(vector: npt.NDArray[np.float32], cosine: float) -> npt.NDArray[np.float32]:
    """A unit vector at this cosine."""
    other = np.random.default_rng(5).standard_normal(len(vector))
    other -= (other @ vector) * vector
    other *= np.sqrt(1 - cosine**2) / np.linalg.norm(other)
    return np.asarray(cosine * vector + other, np.float32)


moments = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 900), st.integers(0, 2), st.integers(0, 4)),
    max_size=25,
    unique_by=lambda moment: moment[:2],
)


@given(moments, st.randoms(use_true_random=False))
def test_find_tracks_when_any_then_never_two_of_a_frame_and_the_order_does_not_matter(
    drawn: list[tuple[int, int, int, int]], random: object
) -> None:
    crops = [crop(seconds, left, seconds // 3) for seconds, left, _, _ in drawn]
    vectors = alike(*(figure for *_, figure in drawn)) if drawn else np.zeros((0, 256), np.float32)
    tracks = find_tracks(crops, vectors)
    seen = {
        (one.shot, one.timecode_seconds, int(track))
        for one, track in zip(crops, tracks, strict=True)
    }
    assert len(seen) == len(crops)
    assert len({(one.shot, t) for one, t in zip(crops, tracks, strict=True)}) == len(set(tracks))
    shuffled = list(range(len(crops)))
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = find_tracks([crops[place] for place in shuffled], vectors[shuffled])
    assert [int(again[shuffled.index(place)]) for place in range(len(crops))] == tracks.tolist()


def test_cast_film_when_made_of_one_seed_twice_then_the_same_film() -> None:
    first, second = cast_film(7, seconds=6), cast_film(7, seconds=6)
    assert first.appearances(4.0) == second.appearances(4.0)
    assert np.array_equal(first.picture(4.0), second.picture(4.0))

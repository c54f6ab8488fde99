import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from fakes.crops import numbered_crops
from fakes.embedder import FakeEmbedder
from fakes.references import reference
from fakes.training_in_memory import picture
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.arrays import Vector, Vectors
from onmodel.contracts.crops import Crop, Naming
from onmodel.contracts.namers import NameThreshold, NamingSettings
from onmodel.namers import threshold
from onmodel.namers.embeddings import EmbeddingsNamer, make_embeddings_namer
from onmodel.vision import alike_tracks
from onmodel.vision.light import balance_jpeg

NAMING = NamingSettings(threshold=0.65, margin=0.03)


def at(*degrees: float) -> Vectors:
    """Unit vectors in the plane: the cosine of two is that of the angle between them."""
    return np.array(
        [(math.cos(math.radians(d)), math.sin(math.radians(d))) for d in degrees], np.float32
    ).reshape(-1, 2)


def name(
    vectors: Vectors, references: dict[str, Vectors], settings: NamingSettings = NAMING
) -> tuple[Naming, ...]:
    return EmbeddingsNamer(references, settings).name(numbered_crops(len(vectors)), vectors)


def test_name_when_near_one_character_then_named_with_its_margin() -> None:
    (named,) = name(at(10), {"buck": at(0, 90), "frank": at(60)})
    assert (named.character, named.runner_up) == ("buck", "frank")
    assert named.confidence == pytest.approx(math.cos(math.radians(10)), abs=1e-6)
    assert named.margin == pytest.approx(
        math.cos(math.radians(10)) - math.cos(math.radians(50)), abs=1e-6
    )


def test_name_when_between_two_then_abstains_and_gives_the_nearest() -> None:
    (named,) = name(at(29.9), {"buck": at(0), "frank": at(60)})
    assert (named.character, named.runner_up) == (None, "buck")
    assert named.margin < 0.03


def test_name_when_far_from_all_then_abstains() -> None:
    (named,) = name(at(180), {"buck": at(0)})
    assert named.character is None
    assert named.confidence == pytest.approx(-1)
    assert named.margin == 0


def test_name_when_one_character_then_only_the_threshold_counts() -> None:
    strict = NamingSettings(threshold=0.65, margin=1)
    names = name(at(30, 60), {"buck": at(0)}, strict)
    assert [each.character for each in names] == ["buck", None]


@pytest.mark.parametrize("threshold", [0.3, 0.65, 0.9])
def test_name_when_similarity_is_about_the_threshold_then_it_decides_to_the_thousandth(
    threshold: float,
) -> None:
    below, above = (math.degrees(math.acos(threshold + by)) for by in (-0.001, 0.001))
    naming = NamingSettings(threshold=threshold, margin=0)
    names = name(at(below, above), {"buck": at(0)}, naming)
    assert [each.character for each in names] == [None, "buck"]


def test_name_when_similarity_and_lead_are_exactly_at_their_limits_then_named() -> None:
    """0.75 and 0.25 are exact in float32."""
    references = {"buck": np.array([[1, 0]], np.float32)}
    crop = np.array([[0.75, math.sqrt(1 - 0.75**2)]], np.float32)
    (named,) = name(crop, references, NamingSettings(threshold=0.75, margin=0))
    assert (named.character, named.confidence) == ("buck", 0.75)
    (named,) = name(
        references["buck"],
        references | {"frank": crop},
        NamingSettings(threshold=1, margin=0.25),
    )
    assert (named.character, named.margin) == ("buck", 0.25)


@pytest.mark.parametrize("margin", [0.03, 0.2])
def test_name_when_the_lead_is_about_the_margin_then_it_decides_to_the_thousandth(
    margin: float,
) -> None:
    naming = NamingSettings(threshold=0.1, margin=margin)
    for by, expected in ((-0.001, None), (0.001, "buck")):
        other = math.degrees(math.acos(1 - margin - by))
        (named,) = name(at(0), {"buck": at(0), "frank": at(other)}, naming)
        assert named.character == expected


def test_name_when_two_characters_share_a_reference_then_abstains_even_without_margin() -> None:
    shared = {"buck": at(0), "frank": at(0)}
    (named,) = name(at(0), shared, NamingSettings(threshold=0.5, margin=0))
    assert named.character is None


@pytest.mark.parametrize("references", [{}, {"buck": at()}])
def test_name_when_there_are_no_references_then_abstains(
    references: dict[str, Vectors],
) -> None:
    names = name(at(0, 10), references)
    assert [(each.crop_id, each.character) for each in names] == [("0", None), ("1", None)]


def test_name_when_there_are_no_crops_then_nothing() -> None:
    assert name(at(), {"buck": at(0)}) == ()


angles = st.lists(st.floats(0, 360), min_size=1, max_size=6)


@given(angles, angles, angles)
def test_name_when_any_then_named_exactly_when_threshold_and_margin_hold(
    crops: list[float], buck: list[float], frank: list[float]
) -> None:
    references = {"buck": at(*buck), "frank": at(*frank)}
    for row, named in zip(at(*crops), name(at(*crops), references), strict=True):
        near = {who: float((rows @ row).max()) for who, rows in references.items()}
        other = {"buck": "frank", "frank": "buck"}
        nearest = max(near, key=near.__getitem__)
        lead = near[nearest] - near[other[nearest]]
        if near[nearest] >= NAMING.threshold + 1e-5 and lead >= NAMING.margin + 1e-5:
            assert named.character == nearest
        if near[nearest] < NAMING.threshold - 1e-5 or lead < NAMING.margin - 1e-5:
            assert named.character is None


def test_make_when_a_character_has_several_pictures_then_each_is_embedded() -> None:
    embedder = FakeEmbedder()
    pictures = [reference("buck", picture(0)), reference("frank", picture(1)),
                reference("buck", picture(2))]  # fmt: skip
    namer = make_embeddings_namer(NAMING, pictures, embedder, no_figure)
    assert {who: len(rows) for who, rows in namer.references.items()} == {"buck": 2, "frank": 1}
    assert sorted(embedder.pictures) == sorted(picture(number) for number in range(3))
    assert namer.references["buck"][1] == pytest.approx(FakeEmbedder().embed(picture(2)))


def test_make_when_one_character_alone_has_a_usable_picture_then_no_threshold_is_measured() -> None:
    embedder = FakeEmbedder()
    pictures = [reference("buck", picture(0)), reference("frank", None)]
    namer = make_embeddings_namer(NamingSettings(), pictures, embedder, no_figure)
    assert namer.figure is None
    assert set(namer.references) == {"buck"}
    assert embedder.pictures == [picture(0)]


def no_figure(crop: Crop) -> bytes:
    raise AssertionError("a threshold is for the crops' own vectors")


REFERENCES = [reference("buck", picture(0)), reference("frank", picture(2))]


def test_name_when_the_threshold_is_measured_then_figures_count_and_not_the_crops_vectors() -> None:
    embedder = FakeEmbedder()
    figures = {"0": picture(0), "1": picture(2)}
    namer = make_embeddings_namer(
        NamingSettings(), REFERENCES, embedder, lambda crop: figures[crop.crop_id]
    )
    others = np.stack([FakeEmbedder().embed(picture(number)) for number in (2, 0)])
    names = namer.name(numbered_crops(2), others)
    assert [each.character for each in names] == ["buck", "frank"]
    balanced = [balance_jpeg(picture(number)) for number in (0, 2)]
    # The references come first. Both are embedded by several threads: in any order.
    assert sorted(embedder.pictures[:2]) == sorted(balanced)
    assert sorted(embedder.pictures[2:]) == sorted(balanced)


@pytest.mark.parametrize(
    ("settings", "looks"), [(NamingSettings(), ["night", ""]), (NAMING, ["", ""])]
)
def test_name_when_references_have_looks_then_named_ones_have_the_nearest_of_figures_alone(
    settings: NamingSettings, looks: list[str]
) -> None:
    references = [
        replace(reference("buck", picture(0)), look="day"),
        replace(reference("buck", picture(3)), look="night"),
        reference("frank", picture(2)),
    ]
    figures = {"0": picture(3), "1": picture(2)}
    embedder = FakeEmbedder()
    namer = make_embeddings_namer(
        settings, references, embedder, lambda crop: figures[crop.crop_id]
    )
    vectors = np.stack([embedder.embed(picture(number)) for number in (3, 2)])
    names = namer.name(numbered_crops(2), vectors)
    assert [each.character for each in names] == ["buck", "frank"]
    assert [each.look for each in names] == looks


def test_name_when_a_track_has_many_crops_then_the_best_four_are_embedded() -> None:
    asked = []

    def figure(crop: Crop) -> Vector:
        asked.append(crop.crop_id)
        return at(5)[0] if crop.track == 0 else at(85)[0]

    crops = [
        crop.model_copy(update={"quality": place / 10, "track": place // 7})
        for place, crop in enumerate(numbered_crops(8))
    ]
    references = {"buck": at(0), "frank": at(90)}
    namer = EmbeddingsNamer(references, NAMING, figure)
    names = namer.name(crops, at(*[180] * 8))
    assert sorted(asked) == ["3", "4", "5", "6", "7"]
    assert [each.character for each in names] == ["buck"] * 7 + ["frank"]


def tracked(*tracks: tuple[int, float]) -> tuple[Crop, ...]:
    """Crops of tracks at times; those of one time are of one frame."""
    return tuple(
        crop.model_copy(update={"track": track, "timecode_seconds": seconds})
        for crop, (track, seconds) in zip(numbered_crops(len(tracks)), tracks, strict=True)
    )


def test_name_when_crops_are_of_one_track_then_one_vote() -> None:
    namer = EmbeddingsNamer({"buck": at(0), "frank": at(90)}, NAMING)
    names = namer.name(tracked((0, 0), (0, 1), (0, 2)), at(0, 10, 50))
    assert [each.character for each in names] == ["buck"] * 3
    assert len({each.confidence for each in names}) == 1


def test_name_when_two_figures_of_one_frame_are_like_one_character_then_only_the_nearer() -> None:
    namer = EmbeddingsNamer({"buck": at(0), "frank": at(120)}, NAMING)
    names = namer.name(tracked((0, 0), (1, 0), (2, 1)), at(20, 5, 20))
    assert [each.character for each in names] == [None, "buck", "buck"]


def test_name_when_the_nearest_is_taken_then_the_next_one_counts() -> None:
    namer = EmbeddingsNamer({"buck": at(0), "frank": at(40)}, NAMING)
    names = namer.name(tracked((0, 0), (1, 0)), at(2, 19))
    assert [each.character for each in names] == ["buck", "frank"]


def test_look_alikes_when_references_of_two_characters_are_near_then_named() -> None:
    namer = EmbeddingsNamer({"buck": at(0, 90), "frank": at(100), "rinky": at(200)}, NAMING)
    (pair,) = namer.look_alikes()
    assert (pair.first, pair.second, pair.limit) == ("buck", "frank", 0.65)
    assert pair.similarity == pytest.approx(math.cos(math.radians(10)), abs=1e-6)


def scattered(seed: int, centres: Vectors, counts: Sequence[int], scene: float) -> Vectors:
    """Unit vectors: a character's own part, a scene's part of a given weight, and noise."""
    chance = np.random.default_rng(seed)
    rows = [
        centre + scene * chance.standard_normal(64) / 8 + 0.3 * chance.standard_normal(64) / 8
        for centre, count in zip(centres, counts, strict=True)
        for _ in range(count)
    ]
    return unit(np.stack(rows))


def unit(rows: npt.NDArray[np.floating]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_name_when_the_threshold_is_measured_then_cast_named_and_strangers_not() -> None:
    """The cast reaches 0.6 at most, which the fixed threshold of 0.65 would leave unnamed."""
    centres = unit(np.random.default_rng(1).standard_normal((5, 64)))
    cast, strangers = centres[:3], centres[3:]
    references = {
        name: scattered(10 + place, cast[place : place + 1], [4], 0.9)
        for place, name in enumerate(("ada", "bo", "cleo"))
    }
    crops = np.concatenate(
        [scattered(20, cast, [10, 10, 10], 1.0), scattered(30, strangers, [6, 6], 1.0)]
    )
    measured = EmbeddingsNamer(references, NamingSettings())
    names = [each.character for each in measured.name(numbered_crops(len(crops)), crops)]
    right = sum(
        name == who
        for name, who in zip(names, ["ada"] * 10 + ["bo"] * 10 + ["cleo"] * 10, strict=False)
    )
    wrong = sum(name is not None for name in names[:30]) - right
    fixed = EmbeddingsNamer(references, NAMING).name(numbered_crops(len(crops)), crops)
    assert right > sum(each.character is not None for each in fixed)
    assert wrong == 0
    assert sum(name is not None for name in names[30:]) <= 1


def test_name_when_somebody_asks_then_told_what_a_name_needed_and_its_error() -> None:
    """The third character looks like the first one, of whom nobody else could be taken for it."""
    centres = unit(np.random.default_rng(1).standard_normal((3, 64)))
    centres[2] = unit(centres[:1] + 0.7 * centres[2:])[0]
    references = {
        name: scattered(10 + place, centres[place : place + 1], [4], 0.2)
        for place, name in enumerate(("ada", "bo", "cleo"))
    }
    crops = scattered(20, centres, [5, 5, 5], 0.2)
    told: list[NameThreshold] = []
    namer = EmbeddingsNamer(references, NamingSettings(), threshold=told.append)
    names = [each.character for each in namer.name(numbered_crops(15), crops)]
    assert names == ["ada"] * 5 + ["bo"] * 5 + ["cleo"] * 5
    (needed,) = told
    assert (needed.measured, needed.margin, needed.tried) == (True, 0.03, 15)
    misnamed = 0
    for left_out in references:
        others = {name: rows for name, rows in references.items() if name != left_out}
        again = EmbeddingsNamer(others, NamingSettings()).name(numbered_crops(15), crops)
        misnamed += sum(
            name == left_out and each.character is not None
            for name, each in zip(names, again, strict=True)
        )
    assert needed.misnamed == misnamed == 10


@pytest.mark.parametrize(("cast", "tried"), [(2, 0), (3, 3)])
def test_name_when_the_threshold_is_fixed_then_told_with_its_error_from_three_characters_on(
    cast: int, tried: int
) -> None:
    told: list[NameThreshold] = []
    references = dict(list({"buck": at(0), "frank": at(90), "rinky": at(180)}.items())[:cast])
    EmbeddingsNamer(references, NAMING, threshold=told.append).name(
        numbered_crops(3), at(0, 90, 180)
    )
    needed = NameThreshold(similarity=0.65, margin=0.03, measured=False, tried=tried, misnamed=0)
    assert told == [needed]


def test_name_when_two_characters_have_references_of_one_figure_then_it_has_neither_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of its pictures is a little nearer to one of the two."""
    centres = unit(np.random.default_rng(3).standard_normal((3, 64)))
    references = {
        name: scattered(10 + place, centres[figure : figure + 1], [4], 0.8)
        for place, (name, figure) in enumerate((("ada", 0), ("adam", 0), ("bo", 1), ("cleo", 2)))
    }
    crops = scattered(20, centres, [10, 10, 10], 0.8)

    def named() -> list[str | None]:
        answers = EmbeddingsNamer(references, NamingSettings()).name(numbered_crops(30), crops)
        return [each.character for each in answers]

    assert named() == [None] * 10 + ["bo"] * 10 + ["cleo"] * 10
    monkeypatch.setattr(threshold, "NEXT_BETWEEN", 9.0)  # the margin alone decides
    assert set(named()[:10]) == {"ada", "adam", None}


def test_name_when_the_threshold_is_measured_and_there_is_one_character_then_the_fixed_one() -> (
    None
):
    namer = EmbeddingsNamer({"buck": at(0)}, NamingSettings())
    names = namer.name(numbered_crops(2), at(45, 55))
    assert [each.character for each in names] == ["buck", None]


def test_name_when_tracks_look_alike_then_lower_similarities_are_raised_half_way_to_their_mean(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    centres = unit(np.random.default_rng(1).standard_normal((3, 64)))
    references = {
        name: scattered(10 + place, centres[place : place + 1], [4], 0.5)
        for place, name in enumerate(("ada", "bo", "cleo"))
    }
    crops = scattered(20, centres, [6, 6, 6], 0.5)

    def similarities(share: float) -> npt.NDArray[np.float64]:
        monkeypatch.setattr(alike_tracks, "GROUP_SHARE", share)
        names = EmbeddingsNamer(references, NamingSettings()).name(numbered_crops(18), crops)
        assert [each.character for each in names] == ["ada"] * 6 + ["bo"] * 6 + ["cleo"] * 6
        return np.array([each.confidence for each in names]).reshape(3, 6)

    assert alike_tracks.GROUP_SHARE == 0.5
    raised, alone = similarities(0.5), similarities(0.0)
    assert np.ptp(alone, axis=1).min() > 0.01
    means = np.broadcast_to(alone.mean(axis=1, keepdims=True), alone.shape)
    assert raised == pytest.approx(np.maximum(alone, (alone + means) / 2), abs=1e-6)

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.base import Box
from onmodel.contracts.crops import Crop, OtherFigure
from onmodel.contracts.datasets import LeftOutReason, Split
from onmodel.contracts.framing import Framing
from onmodel.contracts.keys import digest
from onmodel.contracts.review import Correction, Verdict
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.contracts.settings import TrainingSettings
from onmodel.datasets.assembly import Assembly, assemble, contents_hash
from onmodel.datasets.crop_pool import FilmCrops
from onmodel.errors import DatasetRefused
from onmodel.films.corrections import Corrections

ALIKE = 0.92
CROPS = 20_000 if os.environ.get("ONMODEL_ALL_FAULTS") else 200
TITAN = EmbeddingSettings()
NOVA = EmbeddingSettings(model="amazon.nova-2-multimodal-embeddings-v1:0")
SETTINGS = TrainingSettings(validation_share=0, min_per_character=1, min_quality=0)


def crop(film: str, number: int, shot: int = 0, quality: float = 0.5) -> Crop:
    box = Box(left=10, top=20, width=300, height=400)
    return Crop(
        crop_id=f"{number:09d}-{film}",
        film_id=film,
        timecode_seconds=number,
        shot=shot,
        chunk=0,
        box=box,
        window=box,
        width=768,
        height=1024,
        label="Person",
        confidence=90,
        sharpness=100,
        quality=quality,
        key=f"p/films/{film}/{number}.jpg",
    )


def unlike(count: int, seed: int = 0, dimensions: int = 256) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(count, dimensions))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def film(
    name: str,
    characters: list[str | None],
    *,
    vectors: Vectors | None = None,
    shots: list[int] | None = None,
    qualities: list[float] | None = None,
    embedding: EmbeddingSettings = TITAN,
    tracks: list[int | None] | None = None,
    threshold: float = 1.0,
) -> FilmCrops:
    count = len(characters)
    crops = [
        crop(
            name,
            i,
            shots[i] if shots else i,
            qualities[i] if qualities else 0.5,
        ).model_copy(update={"track": tracks[i] if tracks else None})
        for i in range(count)
    ]
    return FilmCrops(
        film_id=name,
        crops=crops,
        names={made.crop_id: who for made, who in zip(crops, characters, strict=True)},
        vectors=unlike(count, sum(name.encode())) if vectors is None else vectors,
        embedding=embedding,
        threshold=threshold,
    )


def reasons(assembly: Assembly) -> list[LeftOutReason]:
    return [line.reason for line in assembly.left_out]


def test_assemble_when_crops_are_named_then_items_keep_their_lineage_and_vectors() -> None:
    episode = film("ep1", ["buck"] * 6)
    assembly = assemble([episode], threshold=ALIKE, training=SETTINGS)
    assert [item.crop_id for item in assembly.items] == [made.crop_id for made in episode.crops]
    assert np.array_equal(assembly.vectors, episode.vectors)
    item, made = assembly.items[2], episode.crops[2]
    assert (item.character, item.film_id, item.timecode_seconds) == ("buck", "ep1", 2)
    assert (item.box, item.key, item.width, item.height) == (made.box, made.key, 768, 1024)


def test_assemble_when_unnamed_then_left_out_or_included_as_set() -> None:
    episode = film("ep1", ["buck"] * 5 + [None] * 2)
    named = assemble([episode], threshold=ALIKE, training=SETTINGS)
    assert len(named.items) == 5
    assert reasons(named) == [LeftOutReason.UNNAMED] * 2
    everybody = SETTINGS.model_copy(update={"include_unnamed": True})
    assert len(assemble([episode], threshold=ALIKE, training=everybody).items) == 7


def test_assemble_when_there_are_more_crops_than_a_dataset_takes_then_each_other_has_a_reason() -> (
    None
):
    """Two films of 10,000 crops each, for a dataset of 10,000: nothing is lost without a word."""
    most = CROPS // 2
    films = [
        film(name, ["buck", "frank"] * (most // 2), vectors=unlike(most, number, 64))
        for number, name in enumerate(("ep1", "ep2"))
    ]
    wide = SETTINGS.model_copy(update={"max_pictures": most, "max_per_character": most})
    assembly = assemble(films, threshold=ALIKE, training=wide)
    kept = [item.crop_id for item in assembly.items]
    left = [line.crop_id for line in assembly.left_out]
    assert len(kept) == most
    assert sorted(kept + left) == sorted(crop.crop_id for film in films for crop in film.crops)
    assert set(reasons(assembly)) == {LeftOutReason.OVER_CAP}
    assert {line.detail for line in assembly.left_out} != {""}


def test_assemble_when_films_share_a_picture_then_the_better_stays() -> None:
    shared = unlike(6, 1)
    first = film("ep1", ["buck"] * 6, vectors=shared, qualities=[0.5] * 6)
    second = film("ep2", ["buck"] * 6, vectors=shared, qualities=[0.9] + [0.1] * 5)
    assembly = assemble([second, first], threshold=ALIKE, training=SETTINGS)
    assert [item.film_id for item in assembly.items] == ["ep1"] * 5 + ["ep2"]
    left = {line.crop_id: line.kept_instead for line in assembly.left_out}
    assert left["000000000-ep1"] == "000000000-ep2"
    assert left["000000003-ep2"] == "000000003-ep1"
    assert set(reasons(assembly)) == {LeftOutReason.NEAR_DUPLICATE}


def test_assemble_when_a_person_told_crops_apart_then_both_stay() -> None:
    shared = unlike(6, 1)
    first = film("ep1", ["buck"] * 6, vectors=shared, qualities=[0.5] * 6)
    second = film("ep2", ["buck"] * 6, vectors=shared, qualities=[0.1] * 6)
    told = Correction(version=1, not_a_match=("000000002-ep1",))
    corrections = Corrections({"000000002-ep2": told})
    assembly = assemble(
        [first, second], threshold=ALIKE, training=SETTINGS, corrections=corrections
    )
    assert len(assembly.items) == 7
    assert "000000002-ep2" in {item.crop_id for item in assembly.items}


def test_assemble_when_a_person_rejected_the_better_of_two_then_the_other_stays() -> None:
    shared = unlike(6, 1)
    first = film("ep1", ["buck"] * 6, vectors=shared, qualities=[0.5] * 6)
    second = film("ep2", ["buck"] * 6, vectors=shared, qualities=[0.1] * 6)
    no = Correction(version=1, verdict=Verdict.REJECTED)
    assembly = assemble(
        [first, second],
        threshold=ALIKE,
        training=SETTINGS,
        corrections=Corrections({"000000001-ep1": no}),
    )
    assert [item.film_id for item in assembly.items] == ["ep1"] * 5 + ["ep2"]
    left = {line.crop_id: line.reason for line in assembly.left_out}
    assert left["000000001-ep1"] == LeftOutReason.REVIEWED_OUT


def test_assemble_when_a_person_named_an_unnamed_crop_then_it_counts_for_the_balance() -> None:
    episode = film("ep1", ["buck"] * 6 + [None, "rex"])
    corrections = Corrections(
        {
            "000000006-ep1": Correction(version=1, character="buck"),
            "000000007-ep1": Correction(version=1, character=""),
        }
    )
    assembly = assemble([episode], threshold=ALIKE, training=SETTINGS, corrections=corrections)
    assert [(item.character, item.named) for item in assembly.items] == [
        *[("buck", "buck")] * 6,
        ("buck", None),
    ]
    (left,) = assembly.left_out
    assert (left.crop_id, left.reason) == ("000000007-ep1", LeftOutReason.UNNAMED)
    assert left.detail == "a person said that it shows none of the characters"


def test_assemble_when_everything_was_rejected_then_refused_with_the_reason() -> None:
    episode = film("ep1", ["buck"] * 5)
    no = Correction(version=1, verdict=Verdict.REJECTED)
    all_of_them = Corrections({one.crop_id: no for one in episode.crops})
    with pytest.raises(DatasetRefused, match="all 5 pictures were rejected in the review"):
        assemble([episode], threshold=ALIKE, training=SETTINGS, corrections=all_of_them)


def test_assemble_when_an_unnamed_duplicate_is_better_then_the_named_stays() -> None:
    shared = unlike(5, 1)
    named = film("ep1", ["buck"] * 5, vectors=shared, qualities=[0.1] * 5)
    unnamed = film("ep2", [None] * 5, vectors=shared, qualities=[0.9] * 5)
    everybody = SETTINGS.model_copy(update={"include_unnamed": True})
    assembly = assemble([named, unnamed], threshold=ALIKE, training=everybody)
    assert {item.film_id for item in assembly.items} == {"ep1"}


def test_assemble_when_over_the_cap_then_every_shot_first_gives_its_best() -> None:
    shots = [0, 0, 0, 0, 1, 1, 2]
    qualities = [0.9, 0.8, 0.7, 0.6, 0.3, 0.2, 0.1]
    episode = film("ep1", ["buck"] * 7, shots=shots, qualities=qualities)
    capped = SETTINGS.model_copy(update={"max_per_character": 5})
    assembly = assemble([episode], threshold=ALIKE, training=capped)
    assert [item.timecode_seconds for item in assembly.items] == [0, 1, 4, 5, 6]
    assert reasons(assembly) == [LeftOutReason.OVER_CAP] * 2


def test_assemble_when_over_the_cap_then_every_framing_has_the_same_share() -> None:
    framings = [Framing.HEAD] * 6 + [Framing.FULL] * 3 + [None]
    episode = film("ep1", ["buck"] * 10, qualities=[0.9] * 6 + [0.5, 0.6, 0.4, 0.3])
    crops = [
        crop.model_copy(update={"framing": framing})
        for crop, framing in zip(episode.crops, framings, strict=True)
    ]
    capped = SETTINGS.model_copy(update={"max_per_character": 5})
    assembly = assemble([replace(episode, crops=crops)], threshold=ALIKE, training=capped)
    assert [(item.timecode_seconds, item.framing) for item in assembly.items] == [
        (0, Framing.HEAD),
        (1, Framing.HEAD),
        (6, Framing.FULL),
        (7, Framing.FULL),
        (9, None),
    ]


def test_assemble_when_over_the_cap_then_every_look_has_the_same_share() -> None:
    episode = film("ep1", ["buck"] * 9)
    looks = {crop.crop_id: "winter" for crop in episode.crops[6:]}
    capped = SETTINGS.model_copy(update={"max_per_character": 6})
    assembly = assemble([replace(episode, looks=looks)], threshold=ALIKE, training=capped)
    assert [item.worn for item in assembly.items] == ["", "", "", "winter", "winter", "winter"]


@pytest.mark.parametrize(("included", "worn"), [(False, []), (True, ["rain"])])
def test_assemble_when_a_look_is_seen_once_then_left_out_unless_the_settings_include_it(
    included: bool, worn: list[str]
) -> None:
    episode = film("ep1", ["buck"] * 9)
    looks = {episode.crops[8].crop_id: "rain"}
    training = SETTINGS.model_copy(update={"include_one_off_looks": included})
    assembly = assemble([replace(episode, looks=looks)], threshold=ALIKE, training=training)
    assert [item.worn for item in assembly.items] == [""] * 8 + worn
    assert len(assembly.left_out) == 1 - len(worn)


def test_assemble_when_too_few_are_left_without_one_off_looks_then_the_setting_is_named() -> None:
    episode = film("ep1", ["buck"] * 5)
    looks = {episode.crops[4].crop_id: "rain"}
    with pytest.raises(DatasetRefused, match="only 4 pictures") as refused:
        assemble([replace(episode, looks=looks)], threshold=ALIKE, training=SETTINGS)
    assert "Left out: 1 one off look." in refused.value.advice
    assert refused.value.advice.endswith("or set training.include_one_off_looks")


def test_assemble_when_a_person_gave_another_name_then_the_look_is_not_that_characters() -> None:
    episode = film("ep1", ["buck"] * 6)
    looks = {crop.crop_id: "winter" for crop in episode.crops}
    corrections = Corrections({episode.crops[0].crop_id: Correction(version=1, character="frank")})
    items = assemble(
        [replace(episode, looks=looks)],
        threshold=ALIKE,
        training=SETTINGS,
        corrections=corrections,
    ).items
    assert [(item.character, item.worn) for item in items[:2]] == [
        ("frank", ""),
        ("buck", "winter"),
    ]


def test_assemble_when_one_character_is_everywhere_then_balanced_by_the_median() -> None:
    characters = ["buck"] * 60 + ["frank"] * 6 + ["rinky"] * 4
    assembly = assemble([film("ep1", characters)], threshold=ALIKE, training=SETTINGS)
    kept = [item.character for item in assembly.items]
    assert [kept.count(name) for name in ("buck", "frank", "rinky")] == [18, 6, 4]


def test_assemble_when_the_whole_is_too_large_then_the_largest_give() -> None:
    characters = ["buck"] * 30 + ["frank"] * 20 + ["rinky"] * 4
    small = SETTINGS.model_copy(update={"max_pictures": 24})
    kept = [
        item.character
        for item in assemble([film("ep1", characters)], threshold=ALIKE, training=small).items
    ]
    assert [kept.count(name) for name in ("buck", "frank", "rinky")] == [10, 10, 4]


@pytest.mark.parametrize(
    ("films", "message"),
    [
        ([], "no pictures of figures"),
        ([film("ep1", [])], "no pictures of figures"),
        ([film("ep1", [None] * 9)], "none of 9 pictures could be named"),
        ([film("ep1", ["buck"] * 4)], "only 4 pictures"),
        (
            [film("ep1", ["buck"] * 5), film("ep2", ["buck"] * 5, embedding=NOVA)],
            "amazon.nova-2-multimodal-embeddings-v1:0, 1024 dimensions; amazon.titan-embed",
        ),
        (
            [
                film("ep1", ["buck"] * 5),
                film("ep2", ["buck"] * 5, embedding=EmbeddingSettings(dimensions=256)),
            ],
            "amazon.titan-embed-image-v1, 1024 dimensions; amazon.titan-embed-image-v1, 256",
        ),
    ],
)
def test_assemble_when_nothing_can_be_trained_on_then_refused(
    films: list[FilmCrops], message: str
) -> None:
    with pytest.raises(DatasetRefused, match=message):
        assemble(films, threshold=ALIKE, training=SETTINGS)


def test_assemble_when_pictures_are_fewer_than_the_setting_then_refused_with_its_value() -> None:
    training = TrainingSettings(min_pictures=9, min_per_character=2, max_per_character=40)
    with pytest.raises(DatasetRefused, match="only 8 pictures are left, fewer than 9"):
        assemble([film("ep1", ["buck"] * 8)], threshold=ALIKE, training=training)
    assert len(assemble([film("ep1", ["buck"] * 9)], threshold=ALIKE, training=training).items) == 9


def test_contents_hash_when_a_name_or_split_changes_then_another() -> None:
    items = assemble([film("ep1", ["buck"] * 6)], threshold=ALIKE, training=SETTINGS).items
    renamed = [items[0].model_copy(update={"character": "frank"}), *items[1:]]
    moved = [items[0].model_copy(update={"split": Split.VALIDATION}), *items[1:]]
    hashes = {contents_hash(items), contents_hash(renamed), contents_hash(moved)}
    assert len(hashes) == 3
    assert contents_hash(list(reversed(items))) == contents_hash(items)


characters = st.lists(st.sampled_from(["buck", "frank", None]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(characters, min_size=1, max_size=3),
    st.integers(1, 30),
    st.booleans(),
    st.floats(0, 0.5),
)
def test_assemble_when_made_of_anything_then_every_crop_is_kept_or_listed_once(
    casts: list[list[str | None]], cap: int, unnamed: bool, share: float
) -> None:
    films = [film(f"ep{i}", cast) for i, cast in enumerate(casts)]
    training = TrainingSettings(
        max_per_character=cap, include_unnamed=unnamed, validation_share=share, min_per_character=2
    )
    try:
        assembly = assemble(films, threshold=ALIKE, training=training)
    except DatasetRefused:
        return
    kept = [item.crop_id for item in assembly.items]
    left = [line.crop_id for line in assembly.left_out]
    everything = sorted(made.crop_id for episode in films for made in episode.crops)
    assert sorted(kept + left) == everything
    again = assemble(films[::-1], threshold=ALIKE, training=training)
    assert again.items == assembly.items
    assert again.left_out == assembly.left_out
    assert np.array_equal(again.vectors, assembly.vectors)
    counts = [sum(i.character == name for i in assembly.items) for name in ("buck", "frank", None)]
    assert max(counts) <= cap


@pytest.mark.parametrize(("films_own", "kept"), [(ALIKE, 8), (ALIKE + 0.01, 6)])
def test_assemble_when_pictures_of_a_track_are_alike_then_kept_as_their_film_chose(
    films_own: float, kept: int
) -> None:
    """The track's three pictures differ visibly; a film that chose by a higher threshold did not
    look at all of them."""
    vectors = unlike(8)
    vectors[1] = vectors[2] = vectors[0]
    episode = film(
        "a", ["mira"] * 8, vectors=vectors, tracks=[0, 0, 0, 1, 2, 3, 4, None], threshold=films_own
    )
    assembly = assemble([episode], threshold=ALIKE, training=SETTINGS)
    assert len(assembly.items) == kept
    again = film("b", ["mira"] * 8, vectors=vectors, tracks=[0, 0, 0, 1, 2, 3, 4, None])
    both = assemble([episode, again], threshold=ALIKE, training=SETTINGS)
    assert len(both.items) == kept


def beside(episode: FilmCrops, others: dict[int, tuple[int, float]]) -> FilmCrops:
    """The film with another figure on some crops: by the crop's place, whose and how large."""
    crops = list(episode.crops)
    for place, (other, share) in others.items():
        seen = OtherFigure(box=crops[0].box, share=share, crop_id=crops[other].crop_id)
        crops[place] = crops[place].model_copy(update={"others": (seen,)})
    return replace(episode, crops=crops)


def test_assemble_when_a_crop_shows_two_characters_then_a_group_picture_with_both() -> None:
    episode = beside(film("ep1", ["buck"] * 5 + ["frank"]), {0: (5, 0.9), 1: (5, 0.3)})
    items = assemble([episode], threshold=ALIKE, training=SETTINGS).items
    assert [(item.character, item.beside, item.is_group) for item in items[:3]] == [
        ("buck", ("frank",), True),
        ("buck", ("frank",), False),
        ("buck", (), False),
    ]


def test_assemble_when_a_nameless_figure_is_as_large_then_left_out_unless_a_person_kept_it() -> (
    None
):
    episode = beside(film("ep1", ["buck"] * 6 + [None]), {0: (6, 0.9), 1: (6, 0.3)})
    assembly = assemble([episode], threshold=ALIKE, training=SETTINGS)
    (line,) = [line for line in assembly.left_out if line.character == "buck"]
    assert line.reason is LeftOutReason.NAMELESS_BESIDE
    assert line.crop_id == episode.crops[0].crop_id
    assert "of 90% of its size" in line.detail
    kept = Corrections({line.crop_id: Correction(version=1, verdict=Verdict.KEPT)})
    again = assemble([episode], threshold=ALIKE, training=SETTINGS, corrections=kept)
    assert len(again.items) == len(assembly.items) + 1


def test_assemble_when_most_are_group_pictures_then_the_best_share_of_them() -> None:
    episode = beside(film("ep1", ["buck"] * 16 + ["frank"]), dict.fromkeys(range(8), (16, 0.9)))
    assembly = assemble([episode], threshold=ALIKE, training=SETTINGS)
    groups = [item for item in assembly.items if item.is_group]
    assert (len(groups), len(assembly.items)) == (2, 11)  # 9 are alone; at most 0.2 of all
    assert [line.detail for line in assembly.left_out] == [
        "2 of 8 pictures of several characters are taken"
    ] * 6
    whole = SETTINGS.model_copy(update={"group_share": 1.0})
    assert len(assemble([episode], threshold=ALIKE, training=whole).items) == 17


def test_assemble_when_group_pictures_are_the_best_then_no_places_beyond_their_share() -> None:
    episode = beside(
        film("ep1", ["buck"] * 30 + ["frank"], qualities=[0.9] * 20 + [0.5] * 11),
        dict.fromkeys(range(20), (30, 0.9)),
    )
    ten = SETTINGS.model_copy(update={"max_per_character": 10, "max_share": 100.0})
    assembly = assemble([episode], threshold=ALIKE, training=ten)
    of_buck = [item for item in assembly.items if item.character == "buck"]
    assert (len(of_buck), sum(item.is_group for item in of_buck)) == (10, 2)
    assert [line.detail for line in assembly.left_out] == [
        "10 of 30 are taken, the best of each shot, framing and look first"
    ] * 20


def test_assemble_when_any_share_may_be_group_pictures_then_those_alone_keep_their_part() -> None:
    episode = beside(film("ep1", ["buck"] * 40 + ["frank"]), dict.fromkeys(range(20), (40, 0.9)))
    any_share = SETTINGS.model_copy(
        update={"max_per_character": 10, "max_share": 100.0, "group_share": 1.0}
    )
    assembly = assemble([episode], threshold=ALIKE, training=any_share)
    of_buck = [item.is_group for item in assembly.items if item.character == "buck"]
    assert (len(of_buck), sum(of_buck)) == (10, 5)


def test_assemble_when_no_group_pictures_are_wanted_then_only_a_rare_character_keeps_some() -> None:
    episode = beside(
        film("ep1", ["buck"] * 8 + ["frank"] * 6),
        dict.fromkeys((0, 1), (8, 0.9)) | dict.fromkeys(range(8, 14), (0, 0.9)),
    )
    few = SETTINGS.model_copy(update={"min_per_character": 4, "group_share": 0.0})
    items = assemble([episode], threshold=ALIKE, training=few).items
    groups = [item.character for item in items if item.is_group]
    assert (groups, len(items)) == (["frank"] * 4, 6 + 4)


def test_assemble_when_a_character_is_never_alone_then_it_keeps_group_pictures() -> None:
    episode = beside(
        film("ep1", ["buck"] * 12 + ["frank"] * 8), dict.fromkeys(range(12, 20), (0, 0.9))
    )
    few = SETTINGS.model_copy(update={"min_per_character": 5})
    items = assemble([episode], threshold=ALIKE, training=few).items
    assert sum(item.character == "frank" for item in items) == 5


def test_assemble_when_nothing_is_good_enough_then_refused_with_the_reasons() -> None:
    episode = film("ep1", ["buck"] * 6, qualities=[0.1] * 6)
    floor = SETTINGS.model_copy(update={"min_quality": 0.3})
    with pytest.raises(DatasetRefused, match="only 0 pictures are left") as refused:
        assemble([episode], threshold=ALIKE, training=floor)
    assert refused.value.advice.startswith("Left out: 6 poor. Upload more film")


def test_contents_hash_when_nobody_is_beside_then_that_of_datasets_before() -> None:
    items = assemble([film("ep1", ["buck"] * 5)], threshold=ALIKE, training=SETTINGS).items
    assert contents_hash(items) == digest(
        {item.crop_id: (item.character, item.split) for item in items}
    )


def test_assemble_when_a_picture_is_poor_then_left_out_unless_a_person_kept_it() -> None:
    episode = film("ep1", ["buck"] * 7, qualities=[0.29, 0.1, 0.3, 0.5, 0.5, 0.5, 0.5])
    kept = Corrections({episode.crops[1].crop_id: Correction(version=1, verdict=Verdict.KEPT)})
    floor = SETTINGS.model_copy(update={"min_quality": 0.3})
    assembly = assemble([episode], threshold=ALIKE, training=floor, corrections=kept)
    (line,) = assembly.left_out
    assert (line.crop_id, line.reason) == (episode.crops[0].crop_id, LeftOutReason.POOR)
    assert line.detail == "quality 0.29, limit 0.3"
    assert len(assembly.items) == 6

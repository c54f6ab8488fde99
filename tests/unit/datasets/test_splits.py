from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.datasets import DatasetItem, Split
from onmodel.contracts.settings import TrainingSettings
from onmodel.datasets.splits import shot_place, split_by_shot


def item(number: int, shot: int, character: str | None = "buck", film: str = "ep1") -> DatasetItem:
    return DatasetItem(
        crop_id=f"{number}-{film}",
        film_id=film,
        character=character,
        timecode_seconds=number,
        shot=shot,
        box=Box(left=0, top=0, width=10, height=10),
        width=512,
        height=512,
        quality=0.5,
        key=f"{number}.jpg",
    )


items = st.lists(
    st.tuples(
        st.integers(0, 20), st.sampled_from(["buck", "frank", None]), st.sampled_from(["a", "b"])
    ),
    max_size=120,
).map(lambda rows: [item(n, shot, who, film) for n, (shot, who, film) in enumerate(rows)])


@given(items, st.floats(0, 0.5), st.integers(1, 20))
def test_split_by_shot_when_split_then_no_shot_is_on_both_sides_and_characters_keep_enough(
    given_items: list[DatasetItem], share: float, least: int
) -> None:
    training = TrainingSettings(validation_share=share, min_per_character=least)
    split = split_by_shot(given_items, training)
    assert [made.crop_id for made in split] == [made.crop_id for made in given_items]
    sides = {Split.TRAINING: set(), Split.VALIDATION: set()}
    for made in split:
        sides[made.split].add((made.film_id, made.shot))
    assert sides[Split.TRAINING].isdisjoint(sides[Split.VALIDATION])
    for who in ("buck", "frank", None):
        total = sum(made.character == who for made in split)
        kept = sum(made.character == who and made.split is Split.TRAINING for made in split)
        assert kept >= min(total, least)
    assert sum(made.split is Split.TRAINING for made in split) >= min(len(split), 5)


def test_split_by_shot_when_there_is_plenty_then_about_the_share() -> None:
    plenty = [item(n, n // 2) for n in range(2000)]
    split = split_by_shot(plenty, TrainingSettings(validation_share=0.2))
    assert 0.16 < sum(made.split is Split.VALIDATION for made in split) / 2000 < 0.24


def test_split_by_shot_when_a_film_is_added_then_shots_stay_where_they_were() -> None:
    first = [item(n, n // 3) for n in range(300)]
    more = first + [item(n, n // 3, film="ep2") for n in range(300)]
    training = TrainingSettings(validation_share=0.2)
    assert split_by_shot(more, training)[:300] == split_by_shot(first, training)


def test_split_by_shot_when_the_share_is_0_then_all_train() -> None:
    split = split_by_shot([item(n, n) for n in range(50)], TrainingSettings(validation_share=0))
    assert {made.split for made in split} == {Split.TRAINING}


@pytest.mark.parametrize(
    ("training", "held_out"),
    [
        # ten shots of one picture each, all within a share of one half of the places
        (TrainingSettings(validation_share=0.5, min_per_character=1, min_pictures=7), 3),
        (TrainingSettings(validation_share=0.5, min_per_character=7, min_pictures=1), 3),
        (TrainingSettings(validation_share=0.5, min_per_character=10, min_pictures=1), 0),
        (TrainingSettings(validation_share=0.5, min_per_character=1, min_pictures=10), 0),
    ],
)
def test_split_by_shot_when_pictures_are_few_then_exactly_the_least_number_trains(
    training: TrainingSettings, held_out: int
) -> None:
    early = [shot for shot in range(100) if shot_place("ep1", shot) < 0.5][:10]
    split = split_by_shot([item(n, shot) for n, shot in enumerate(early)], training)
    assert sum(made.split is Split.VALIDATION for made in split) == held_out
    first = sorted(early, key=lambda shot: shot_place("ep1", shot))[:held_out]
    assert {made.shot for made in split if made.split is Split.VALIDATION} == set(first)


def test_split_by_shot_when_a_shot_lies_exactly_at_the_share_then_it_trains() -> None:
    shots = sorted(range(40), key=lambda shot: shot_place("ep1", shot))
    share = shot_place("ep1", shots[5])
    training = TrainingSettings(validation_share=share, min_per_character=1)
    split = split_by_shot([item(n, n) for n in range(40)], training)
    assert {made.shot for made in split if made.split is Split.VALIDATION} == set(shots[:5])


@given(items, st.floats(0.01, 0.5), st.integers(1, 20))
def test_split_by_shot_when_a_character_has_no_held_out_picture_then_no_small_shot_is_possible(
    given_items: list[DatasetItem], share: float, least: int
) -> None:
    training = TrainingSettings(validation_share=share, min_per_character=least)
    split = split_by_shot(given_items, training)
    trained = [made for made in split if made.split is Split.TRAINING]
    left, every = (Counter(made.character for made in rows) for rows in (trained, split))
    without = {"buck", "frank"} - {made.character for made in split if made not in trained}
    for shot in {(made.film_id, made.shot) for made in trained}:
        shown = Counter(made.character for made in trained if (made.film_id, made.shot) == shot)
        if shown.keys() & without and all(count * 3 <= every[who] for who, count in shown.items()):
            keeps = all(left[who] - count >= least for who, count in shown.items())
            assert not keeps or len(trained) - shown.total() < training.min_pictures


def test_split_by_shot_when_a_character_is_beyond_the_share_then_one_shot_of_it_is_held_out() -> (
    None
):
    """Its first shot by place that has no more than a third of its pictures."""
    late = [shot for shot in range(300) if shot_place("ep1", shot) > 0.5][:5]
    first, *others = sorted(late, key=lambda shot: shot_place("ep1", shot))
    shots = [first] * 7 + [shot for shot in others for _ in range(3)]
    split = split_by_shot([item(n, shot) for n, shot in enumerate(shots)], TrainingSettings())
    held_out = {made.shot for made in split if made.split is Split.VALIDATION}
    assert held_out == {others[0]}


def test_split_by_shot_when_the_held_out_pictures_are_of_several_then_one_of_it_alone_too() -> None:
    """Group pictures do not count as pictures of a character when drawn figures are judged."""
    first, second, *others = sorted(range(30), key=lambda shot: shot_place("ep1", shot))
    share = shot_place("ep1", second)
    rows = [item(n, shot) for n, shot in enumerate([first, second, *others])]
    rows[0] = rows[0].model_copy(update={"beside": ("frank",), "is_group": True})
    split = split_by_shot(rows, TrainingSettings(validation_share=share))
    held_out = [made.shot for made in split if made.split is Split.VALIDATION]
    assert held_out == [first, second]


def test_shot_place_when_asked_again_then_the_same_known_place() -> None:
    assert shot_place("ep1", 3) == shot_place("ep1", 3) != shot_place("ep1", 4)
    assert all(0 <= shot_place("ep1", shot) < 1 for shot in range(100))

from __future__ import annotations

import pytest

from onmodel.contracts.datasets import CharacterCount, Thinness
from onmodel.contracts.settings import TrainingSettings
from onmodel.datasets.thinness import thin_in_words, thinness_of


def counts(**training: int) -> list[CharacterCount]:
    """Of a dataset with one more picture, held out."""
    return [
        CharacterCount(character=name, kept=number, left_out=0, training=number, validation=0)
        for name, number in training.items()
    ] + [CharacterCount(character="", kept=1, left_out=0, training=0, validation=1)]


FEW = "Fewer than 4 training pictures (training.min_per_character) of"


@pytest.mark.parametrize(
    ("number", "thin"), [(4, ()), (3, (f"{FEW} Frank (3): a model may not learn this character",))]
)
def test_thin_when_a_character_has_just_enough_then_only_fewer_are_named(
    number: int, thin: tuple[str, ...]
) -> None:
    training = TrainingSettings(min_per_character=4)
    assert thin_in_words(counts(buck=4, frank=number), training, {"buck": "Big Buck"}) == thin


def test_thin_when_characters_have_no_picture_then_they_count_and_the_fewest_come_first() -> None:
    names = {f"c{number}": f"Cousin {number}" for number in range(6)}
    training = TrainingSettings(min_per_character=4)
    (thin,) = thin_in_words(counts(c0=3, c1=2, c2=1), training, names)
    assert thin == (
        f"{FEW} Cousin 3 (0), Cousin 4 (0), Cousin 5 (0), Cousin 2 (1), Cousin 1 (2) and 1 more:"
        " a model may not learn these characters"
    )


@pytest.mark.parametrize(("share", "is_thin"), [(0.1, True), (0.0, False)])
def test_thin_when_nothing_is_held_out_then_a_reason_unless_nothing_was_to_be(
    share: float, is_thin: bool
) -> None:
    training = TrainingSettings(validation_share=share)
    thin = thin_in_words(counts(buck=8)[:1], training, {})
    assert [line.startswith("No shot could be held out") for line in thin] == [True] * is_thin


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (Thinness(), f"{FEW} Frank (2): a model may not learn this character"),
        (
            Thinness(few={"frank": 3}),
            f"{FEW} Frank (2, 3 before): a model may not learn this character",
        ),
        (Thinness(few={"frank": 2}), ""),
        (Thinness(few={"frank": 1}), ""),
        (Thinness(few={"buck": 1}), f"{FEW} Frank (2): a model may not learn this character"),
    ],
)
def test_thin_when_it_lacked_something_before_then_only_what_it_lacks_more_is_said(
    before: Thinness, said: str
) -> None:
    training = TrainingSettings(min_per_character=4)
    assert thin_in_words(counts(buck=4, frank=2), training, {}, before) == ((said,) if said else ())


def test_thin_when_nothing_was_held_out_before_either_then_not_said_again() -> None:
    training, few = TrainingSettings(), counts(buck=8)[:1]
    assert thinness_of(few, training, {}) == Thinness(nothing_held_out=True)
    assert thin_in_words(few, training, {}, Thinness(nothing_held_out=True)) == ()

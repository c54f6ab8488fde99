from __future__ import annotations

import numpy as np
import pytest

from onmodel.contracts.characters import Character
from onmodel.contracts.crops import Naming
from onmodel.datasets.caption_check import CaptionText, own_faults
from onmodel.datasets.doubts import (
    caption_doubt,
    margin_doubt,
    near_duplicate_doubts,
    outlier_doubts,
    quality_doubt,
    total_weight,
)

CAST = {
    "buck": Character(name="Buck", description="a big grey rabbit with round cheeks"),
    "rex": Character(name="Rex"),
}


def called(slug: str) -> str:
    return CAST[slug].name


def naming(margin: float, **changes: object) -> Naming:
    values = {
        "crop_id": "c", "character": "buck", "confidence": 0.7, "margin": margin,
        "runner_up": "rex",
    }  # fmt: skip
    return Naming.model_validate(values | changes)


def test_margin_when_small_then_doubtful_and_the_smaller_the_more() -> None:
    close, closer = margin_doubt(naming(0.08), called), margin_doubt(naming(0.01), called)
    assert close is not None and closer is not None
    assert 0 < close.weight < closer.weight <= 1
    assert closer.text == "Only 0.01 more like Buck than Rex"


@pytest.mark.parametrize(
    "sure", [naming(0.3), naming(0.0, character=None), naming(0.0, runner_up=None), None]
)
def test_margin_when_sure_or_unnamed_then_no_doubt(sure: Naming | None) -> None:
    assert margin_doubt(sure, called) is None


def test_margin_when_a_person_named_it_then_no_doubt() -> None:
    assert margin_doubt(naming(0.0, replaces="rex"), called) is None


def vectors(count: int, seed: int = 1) -> np.ndarray:
    """Crops of one character: alike, as its pictures are."""
    random = np.random.default_rng(seed)
    rows = 1.0 + 0.25 * random.standard_normal((count, 64))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_outliers_when_crops_of_another_character_are_planted_then_these_are_found() -> None:
    rows = vectors(100)
    planted = np.random.default_rng(2).standard_normal((5, 64))
    rows[::20] = planted / np.linalg.norm(planted, axis=1, keepdims=True)
    found = outlier_doubts(["buck"] * 100, rows, called)
    assert all(found[row] is not None for row in range(0, 100, 20))
    assert sum(doubt is not None for doubt in found) <= 10
    assert found[0] is not None and found[0].weight == 1


def test_outliers_when_a_character_has_few_crops_or_no_name_then_none() -> None:
    assert outlier_doubts(["buck"] * 4, vectors(4), called) == [None] * 4
    assert outlier_doubts([None] * 9, vectors(9), called) == [None] * 9


def test_near_duplicates_when_left_in_a_shot_then_the_later_is_doubtful() -> None:
    rows = vectors(3)
    rows[1] = rows[0]
    found = near_duplicate_doubts([0, 0, 1], rows, 0.99)
    assert [doubt is not None for doubt in found] == [False, True, False]
    assert near_duplicate_doubts([0, 1, 2], rows, 0.99) == [None] * 3


def test_quality_when_poor_or_wide_then_doubtful() -> None:
    poor, wide = quality_doubt(0.2, False), quality_doubt(0.9, True)
    assert poor is not None and poor.text == "Quality 20%: blurred, small or badly lit"
    assert wide is not None and wide.weight == 0.5
    assert quality_doubt(0.35, False) is None


@pytest.mark.parametrize(
    ("caption", "text", "weight"),
    [
        ("Rex runs.", "The caption names Rex, not Buck", 0.9),
        ("A rabbit runs.", "The caption does not name Buck", 0.9),
        (
            "Buck, a big grey rabbit, runs.",
            "The caption has “big grey rabbit”: the name Buck already says it",
            0.4,
        ),
        ("A cartoon rabbit named Rex runs.", "The caption names Rex, not Buck", 0.9),
        ("Here, Buck runs.", "The caption begins with “Here,”, which says nothing", 0.2),
    ],
)
def test_caption_when_faulty_then_its_gravest_fault_is_told(
    caption: str, text: str, weight: float
) -> None:
    found = caption_doubt(own_faults(CaptionText(caption, "buck"), CAST))
    assert found is not None and (found.text, found.weight) == (text, weight)


def test_caption_when_good_then_no_doubt() -> None:
    assert caption_doubt(own_faults(CaptionText("Buck runs.", "buck"), CAST)) is None


def test_weights_when_several_then_more_than_the_greatest_and_at_most_one() -> None:
    one, other = quality_doubt(0.2, False), quality_doubt(0.9, True)
    assert one is not None and other is not None
    assert max(one.weight, other.weight) < total_weight([one, other]) < 1
    assert total_weight([]) == 0

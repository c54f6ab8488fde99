from __future__ import annotations

import numpy as np
import pytest

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.base import Box
from onmodel.contracts.datasets import DatasetItem
from onmodel.judging.forecast import (
    LEAST_PICTURES,
    MOST_PAIRS,
    WHAT_HELPS,
    ClosePair,
    close_pairs,
    forecast_texts,
)

DIMENSIONS = 32


def item(number: int, character: str | None, shot: int) -> DatasetItem:
    return DatasetItem(
        crop_id=f"c{number}", film_id="ep1", character=character, timecode_seconds=number,
        shot=shot, box=Box(left=0, top=0, width=9, height=9), width=512, height=512, quality=0.5,
        key=f"{number}.png",
    )  # fmt: skip


def planted(
    pictures: dict[str, int], alike: float = 0.0, seed: int = 1
) -> tuple[list[DatasetItem], Vectors]:
    """Characters with a direction of their own; `alike` of 1 gives all the same direction."""
    chance = np.random.default_rng(seed)
    common = unit(chance.normal(size=DIMENSIONS))
    items, rows = [], []
    for name, number in pictures.items():
        centre = unit(alike * common + (1 - alike) * unit(chance.normal(size=DIMENSIONS)))
        for _ in range(number):
            items.append(item(len(items), name, shot=len(items) // 2))
            rows.append(unit(centre + 0.8 * unit(chance.normal(size=DIMENSIONS))))
    return items, np.asarray(rows, np.float32)


def unit(vector: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))


def test_close_pairs_when_characters_differ_then_none() -> None:
    assert close_pairs(*planted({"buck": 20, "frank": 20})) == ()


@pytest.mark.parametrize("buck", [20, 200])
def test_close_pairs_when_two_are_drawn_alike_then_named_however_many_pictures_one_has(
    buck: int,
) -> None:
    (pair,) = close_pairs(*planted({"frank": 20, "buck": buck}, alike=1.0))
    assert (pair.first, pair.second) == ("buck", "frank")
    assert 0.3 < pair.share < 0.7  # chance is 0.5


def test_close_pairs_when_computed_by_hand_then_the_share_of_both_characters() -> None:
    """Of Buck's five pictures one looks as Frank's do, of Frank's five two look as Buck's."""
    buck, frank = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    rows = [buck] * 4 + [frank] + [frank] * 3 + [buck] * 2
    items = [item(place, "buck" if place < 5 else "frank", shot=place) for place in range(10)]
    (pair,) = close_pairs(items, np.asarray(rows, np.float32))
    assert pair == ClosePair("buck", "frank", (1 / 5 + 2 / 5) / 2)


def test_close_pairs_when_only_pictures_of_one_shot_are_alike_then_they_do_not_count() -> None:
    """Figures of one shot share its background."""
    items, vectors = planted({"buck": 20, "frank": 20})
    chance = np.random.default_rng(3)
    for place in range(0, 20, 2):  # Buck and Frank of one shot, with one background
        ground = unit(chance.normal(size=DIMENSIONS))
        for row in (place, place + 20):
            items[row] = items[row].model_copy(update={"shot": 100 + place})
            vectors[row] = unit(vectors[row] + ground)
    assert close_pairs(items, vectors) == ()


@pytest.mark.parametrize(("pictures", "named"), [(LEAST_PICTURES - 1, 0), (LEAST_PICTURES + 1, 1)])
def test_close_pairs_when_pictures_are_few_then_nothing_is_said(pictures: int, named: int) -> None:
    same = np.tile(np.eye(1, DIMENSIONS, dtype=np.float32), (2 * pictures, 1))
    items = [item(n, "buck" if n < pictures else "frank", shot=n) for n in range(2 * pictures)]
    assert len(close_pairs(items, same)) == named


@pytest.mark.parametrize("names", [[], [None, None], ["buck"] * 8])
def test_close_pairs_when_there_are_not_two_characters_then_none(names: list[str | None]) -> None:
    items = [item(number, name, number) for number, name in enumerate(names)]
    assert close_pairs(items, np.ones((len(names), DIMENSIONS), np.float32)) == ()


def test_close_pairs_when_all_pictures_are_of_one_shot_then_nothing_is_said() -> None:
    items = [item(number, "buck" if number % 2 else "frank", shot=0) for number in range(20)]
    assert close_pairs(items, np.ones((20, DIMENSIONS), np.float32)) == ()


def test_forecast_texts_when_pairs_are_close_then_names_for_people_and_what_helps() -> None:
    texts = forecast_texts([ClosePair("buck", "frank", 0.34)], {"buck": "Big Buck"})
    assert texts == (
        "Big Buck and frank look alike to the embedding: 34 % of their pictures are nearer to the"
        " other's pictures than to their own of other shots (50 % is chance). The model may mix"
        " them",
        WHAT_HELPS,
    )
    assert forecast_texts([], {}) == ()


def test_forecast_texts_when_there_are_many_pairs_then_the_closest_and_how_many_more() -> None:
    pairs = [ClosePair(f"a{number}", f"b{number}", 0.4) for number in range(MOST_PAIRS + 2)]
    texts = forecast_texts(pairs, {})
    assert len(texts) == MOST_PAIRS + 2
    assert texts[-2] == "The number of further pairs that look alike is 2"

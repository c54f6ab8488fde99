from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from onmodel.contracts.base import Box
from onmodel.contracts.crops import Crop
from onmodel.contracts.datasets import LeftOut, LeftOutReason
from onmodel.contracts.review import Correction, Verdict
from onmodel.datasets.crop_pool import CropPool
from onmodel.datasets.one_off_looks import one_off_looks_in_words, without_one_off_looks
from onmodel.films.corrections import NO_CORRECTIONS, Corrections

BOX = Box(left=0, top=0, width=300, height=400)
Shown = Sequence[tuple[str, int]]
"""Look and shot of each picture of Buck."""


def pool_of(shown: Shown) -> CropPool:
    crops = [
        Crop(
            crop_id=f"c{number}", film_id="ep1", timecode_seconds=number, shot=shot, chunk=0,
            box=BOX, window=BOX, width=768, height=1024, label="Person", confidence=90,
            sharpness=100, quality=0.5, key=f"p/{number}.jpg",
        )
        for number, (_, shot) in enumerate(shown)
    ]  # fmt: skip
    names: list[str | None] = ["buck"] * len(crops)
    vectors = np.zeros((len(crops), 2), np.float32)
    groups = np.arange(len(crops), dtype=np.int64)
    return CropPool(crops, names, names, vectors, groups, [], [look for look, _ in shown])


def kept_looks(
    shown: Shown, corrections: Corrections = NO_CORRECTIONS
) -> tuple[list[str], list[LeftOut]]:
    left: list[LeftOut] = []
    pool = pool_of(shown)
    kept = without_one_off_looks(pool, range(len(shown)), corrections, left)
    return [pool.looks[i] for i in kept], left


USUAL: Shown = [("day", shot) for shot in range(6)]


@pytest.mark.parametrize(
    ("rare", "detail"),
    [
        ([("rain", 7)], "“rain” is on 1 picture of 1 shot; it takes 3 of 2"),
        ([("rain", 7), ("rain", 8)], "“rain” is on 2 pictures of 2 shots; it takes 3 of 2"),
        ([("rain", 7)] * 4, "“rain” is on 4 pictures of 1 shot; it takes 3 of 2"),
    ],
)
def test_without_one_off_looks_when_few_pictures_or_one_shot_show_it_then_left_out(
    rare: Shown, detail: str
) -> None:
    kept, left = kept_looks([*USUAL, *rare])
    assert kept == ["day"] * 6
    assert [(line.reason, line.character, line.look) for line in left] == [
        (LeftOutReason.ONE_OFF_LOOK, "buck", "rain")
    ] * len(rare)
    assert {line.detail for line in left} == {detail}


@pytest.mark.parametrize(
    "shown",
    [
        [*USUAL, ("rain", 7), ("rain", 7), ("rain", 8)],  # seen in two shots
        [("rain", 7)] * 2,  # the only look
        [("rain", 7), ("day", 8)],  # none is shown more often
        [*USUAL, ("", 7)],  # nobody knows what it is
    ],
)
def test_without_one_off_looks_when_seen_again_or_nothing_is_usual_then_all_stay(
    shown: Shown,
) -> None:
    assert kept_looks(shown) == ([look for look, _ in shown], [])


def test_without_one_off_looks_when_a_person_kept_a_picture_then_it_stays_alone() -> None:
    kept = Corrections({"c6": Correction(version=1, verdict=Verdict.KEPT)})
    looks, left = kept_looks([*USUAL, ("rain", 7), ("rain", 7)], kept)
    assert looks == ["day"] * 6 + ["rain"]
    assert [line.crop_id for line in left] == ["c7"]


def line_of(number: int, look: str) -> LeftOut:
    return LeftOut(
        crop_id=f"c{number}", film_id="ep1", reason=LeftOutReason.ONE_OFF_LOOK, character="buck",
        look=look,
    )  # fmt: skip


def in_words(left: Sequence[LeftOut], names: Mapping[str, str]) -> str:
    (words,) = one_off_looks_in_words(left, names)
    return words


def test_one_off_looks_when_some_were_left_out_then_named_with_how_to_train_on_them() -> None:
    left = [line_of(0, "rain"), line_of(1, "rain"), line_of(2, "snow")]
    assert in_words(left, {"buck": "Big Buck"}) == (
        "Left out, because fewer than 3 pictures or a single shot show this look: Big Buck's"
        " “rain” (2 pictures) and Big Buck's “snow” (1 picture); to train on it, keep its pictures"
        " in the review, or set training.include_one_off_looks"
    )
    many = [line_of(number, f"look {number}") for number in range(7)]
    assert "“look 4” (1 picture) and 2 more;" in in_words(many, {})
    assert (
        one_off_looks_in_words(
            [line_of(0, "rain").model_copy(update={"reason": LeftOutReason.POOR})], {}
        )
        == ()
    )

from __future__ import annotations

import pytest

from onmodel.contracts.base import Box
from onmodel.contracts.datasets import DatasetItem, LeftOut, LeftOutReason, Split
from onmodel.contracts.framing import Framing
from onmodel.contracts.settings import TrainingSettings
from onmodel.datasets.summary import (
    one_sided_in_words,
    rare_looks_in_words,
    summarize,
)


def item(number: int, character: str | None, split: Split = Split.TRAINING) -> DatasetItem:
    return DatasetItem(
        crop_id=f"c{number}",
        film_id="ep1",
        character=character,
        timecode_seconds=number,
        shot=0,
        box=Box(left=0, top=0, width=64, height=64),
        width=512,
        height=512,
        quality=0.5,
        key=f"bunny/c{number}.png",
        split=split,
    )


def test_summarize_when_done_then_counts_by_character_and_names_those_with_few() -> None:
    items = [item(number, "buck") for number in range(6)]
    items += [item(6, "frank"), item(7, "frank"), item(8, "frank", Split.VALIDATION)]
    left_out = [LeftOut(crop_id="c9", film_id="ep1", reason=LeftOutReason.UNNAMED)]
    training = TrainingSettings(min_per_character=3)
    summary = summarize(
        items, left_out, ["ep2", "ep1"], training, dataset_id="d0001-00000000", names={}
    )
    assert summary.pictures == 9
    assert summary.films == ("ep1", "ep2")
    assert [
        (c.character, c.kept, c.left_out, c.training, c.validation) for c in summary.characters
    ] == [("", 0, 1, 0, 0), ("buck", 6, 0, 6, 0), ("frank", 3, 0, 2, 1)]
    assert summary.left_out == {LeftOutReason.UNNAMED: 1}
    (notice,) = summary.notices
    assert notice.startswith("Fewer than 3 training pictures")
    assert "of Frank (2): a model may not learn this character" in notice


def test_rare_looks_when_a_look_has_few_pictures_then_named() -> None:
    worn = [item(number, "buck").model_copy(update={"look": "winter"}) for number in range(3)]
    worn += [item(3, "buck").model_copy(update={"look": "rain"}), item(4, "buck")]
    assert rare_looks_in_words(worn, {"buck": "Big Buck"}) == (
        "Fewer than 3 pictures of Big Buck's “rain” (1): a model may not learn this look",
    )
    assert rare_looks_in_words(worn[:3], {}) == ()


@pytest.mark.parametrize(("heads", "said"), [(8, True), (7, False)])
def test_one_sided_when_nearly_all_pictures_show_the_head_alone_then_named(
    heads: int, said: bool
) -> None:
    framings = [Framing.HEAD] * heads + [Framing.FULL] * (10 - heads)
    items = [
        item(number, "buck").model_copy(update={"framing": framing})
        for number, framing in enumerate(framings)
    ]
    words = one_sided_in_words(items, TrainingSettings(min_per_character=10), {"buck": "Big Buck"})
    only = "8 of 10 pictures of Big Buck show the head alone: a model may not learn what is below"
    assert words == (f"{only} it",) * said
    assert one_sided_in_words(items, TrainingSettings(min_per_character=11), {}) == ()


FEW = "Fewer than 4 training pictures (training.min_per_character) of"


def test_summarize_when_one_off_looks_were_left_out_then_a_thin_character_says_how_many() -> None:
    items = [item(number, "buck") for number in range(2)]
    left_out = [
        LeftOut(
            crop_id=f"c{number}", film_id="ep1", reason=LeftOutReason.ONE_OFF_LOOK,
            character="buck", look="rain",
        )
        for number in (2, 3)
    ]  # fmt: skip
    summary = summarize(
        items,
        left_out,
        ["ep1"],
        TrainingSettings(min_per_character=4, validation_share=0),
        dataset_id="d0001-00000000",
        names={},
    )
    thin, one_offs = summary.notices
    assert thin == (
        f"{FEW} Buck (2, besides 2 left out for one-off looks): a model may not learn this"
        " character"
    )
    assert one_offs.startswith("Left out, because fewer than 3 pictures or a single shot show")
    (counted,) = summary.characters
    assert (counted.left_out, counted.one_off_looks) == (2, 2)

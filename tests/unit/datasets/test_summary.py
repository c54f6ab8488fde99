from __future__ import annotations

from onmodel.contracts.base import Box
from onmodel.contracts.datasets import DatasetItem, LeftOut, LeftOutReason, Split
from onmodel.contracts.settings import TrainingSettings
from onmodel.datasets.summary import summarize


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
    summary = summarize(items, left_out, ["ep2", "ep1"], training, dataset_id="d0001-00000000")
    assert summary.pictures == 9
    assert summary.films == ("ep1", "ep2")
    assert [
        (c.character, c.kept, c.left_out, c.training, c.validation) for c in summary.characters
    ] == [("", 0, 1, 0, 0), ("buck", 6, 0, 6, 0), ("frank", 3, 0, 2, 1)]
    assert summary.left_out == {LeftOutReason.UNNAMED: 1}
    assert len(summary.notices) == 1
    assert summary.notices[0].startswith("Frank has 2 training pictures")


def test_summarize_when_a_character_has_just_enough_then_only_fewer_are_noticed() -> None:
    training = TrainingSettings(min_per_character=4, min_pictures=2, max_per_character=9)
    items = [item(number, "buck") for number in range(4)]
    items += [item(number, "frank") for number in range(4, 7)]
    summary = summarize(items, [], ["ep1"], training, dataset_id="d0001-00000000")
    assert summary.notices == (
        "Frank has 3 training pictures, fewer than 4: the model may not learn this character",
    )

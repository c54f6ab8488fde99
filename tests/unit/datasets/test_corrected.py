"""Corrections hold for every later dataset, and nothing is paid for again."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from fakes.training_in_memory import CAST, PRODUCTION, QUIET_SECONDS, TrainingInMemory

from onmodel.contracts.captions import BY_A_PERSON, Caption
from onmodel.contracts.datasets import DatasetItem, DatasetRef, LeftOut, LeftOutReason
from onmodel.contracts.film_rows import FilmBody, RunBody, RunStatus
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.review import PostedCorrection, Verdict
from onmodel.contracts.sampling_settings import DeduplicationSettings
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.datasets.corrected import renamed_caption
from onmodel.films.corrections import save_corrections
from onmodel.formats.jsonl import read_lines
from onmodel.registry.kinds import FILMS, RUNS
from onmodel.trainers.catalogue import common_limits

NAMES = {"big-buck": "Big Buck", "frank": "Frank"}
SMALL = TrainingSettings(min_pictures=1, min_per_character=1, validation_share=0)


@dataclass(frozen=True)
class Made:
    """What a dataset has when its captions are collected."""

    items: dict[str, DatasetItem]
    captions: dict[str, Caption]
    left_out: dict[str, LeftOut]


def correct(world: TrainingInMemory, *posted: PostedCorrection) -> None:
    results = save_corrections(
        PRODUCTION, posted, registry=world.registry, clock=world.clock, limits=common_limits()
    )
    assert all(result.saved for result in results)


def made(world: TrainingInMemory, dataset: DatasetRef) -> Made:
    keys = world.keys(dataset)
    return Made(
        {item.crop_id: item for item in read_lines(DatasetItem, world.studio.get(keys.items))},
        {line.crop_id: line for line in read_lines(Caption, world.studio.get(keys.captions))},
        {line.crop_id: line for line in read_lines(LeftOut, world.studio.get(keys.left_out))},
    )


def dataset_of(world: TrainingInMemory) -> DatasetRef:
    """Of the newest generation, with its captions collected."""
    world.clock.advance(seconds=QUIET_SECONDS)
    generation = world.started_generations()[-1]
    assert world.settle(generation).settled
    dataset = world.assemble(generation)
    for item in world.waiting(dataset):
        world.caption(item)
    world.collect_captions(dataset)
    return dataset


def uploaded_again(world: TrainingInMemory, threshold: float) -> DatasetRef:
    """The same film, run again with another threshold: its crops have the same ids."""
    (row,) = FILMS.list(world.registry, PRODUCTION)
    assert row.body.run is not None
    before = FilmKeys.of(row.body.run)
    run = row.body.run.model_copy(update={"run_id": f"{row.id}-{threshold:.3f}".replace(".", "-")})
    keys = FilmKeys.of(run)
    for old, new in ((before.crops, keys.crops), (before.vectors, keys.vectors)):
        world.studio.put(new, world.studio.get(old), "application/octet-stream")
    chosen = Settings(deduplication=DeduplicationSettings(threshold=threshold), training=SMALL)
    world.studio.put(keys.settings, chosen.model_dump_json().encode(), "application/json")
    world.set_settings(chosen)
    body = FilmBody(**dict(row.body) | {"run": run})
    world._row(FILMS, row.id, RunStatus.PREPARED, body)
    prepared = RunBody(run=run, execution_arn="arn:done", crops_kept=1)
    world._row(RUNS, run.run_id, RunStatus.PREPARED, prepared)
    world.collect(run)
    return dataset_of(world)


def first_dataset(world: TrainingInMemory, crops: int) -> Made:
    world.set_settings(Settings(training=SMALL))
    world.show_characters()
    world.collect(world.film(crops=crops))
    return made(world, dataset_of(world))


VERDICTS = (None, Verdict.KEPT, Verdict.REJECTED)
CHARACTERS = (None, "", *CAST, "new-one")
CAPTIONS = (None, None, "Someone naps.", "Big Buck \u05d0 </script> \U0001f430")


@pytest.mark.parametrize(("seed", "threshold"), [(1, 0.7), (2, 0.99)])
def test_corrections_when_the_film_is_run_again_then_all_hold_and_nothing_is_paid(
    seed: int, threshold: float
) -> None:
    """Each of 12 crops has any verdict, any name and any caption."""
    world = TrainingInMemory()
    before = first_dataset(world, crops=13)
    paid = len(world.captions.asked), world.cache.keys()
    choose = random.Random(seed).choice
    posted = [
        PostedCorrection(
            crop_id=crop,
            version=0,
            verdict=choose(VERDICTS),
            character=choose(CHARACTERS),
            caption=choose(CAPTIONS),
        )
        for crop in list(before.items)[1:]
    ]
    correct(world, *posted)
    after = made(world, uploaded_again(world, threshold))
    assert (len(world.captions.asked), world.cache.keys()) == paid
    for one in posted:
        if one.verdict == Verdict.REJECTED:
            assert one.crop_id not in after.captions
            assert after.left_out[one.crop_id].reason == LeftOutReason.REVIEWED_OUT
        elif one.character == "":
            assert one.crop_id not in after.captions
        else:
            assert after.items[one.crop_id].character == (
                one.character or before.items[one.crop_id].character
            )
            assert after.items[one.crop_id].named == before.items[one.crop_id].character
            caption = after.captions[one.crop_id]
            if one.caption:
                assert (caption.text, caption.model) == (one.caption, BY_A_PERSON)
            else:
                name = NAMES.get(after.items[one.crop_id].character or "", "New One")
                assert caption.text == before.captions[one.crop_id].text.replace(
                    NAMES[before.items[one.crop_id].character or ""], name
                )


def test_corrections_when_made_at_the_review_then_collecting_again_applies_them() -> None:
    world = TrainingInMemory()
    world.set_settings(Settings(training=SMALL))
    dataset = world.captioned()
    before = made(world, dataset)
    rejected, renamed, written, nobody = list(before.items)[:4]
    other = "frank" if before.items[renamed].character == "big-buck" else "big-buck"
    correct(
        world,
        PostedCorrection(crop_id=rejected, version=0, verdict=Verdict.REJECTED),
        PostedCorrection(crop_id=renamed, version=0, character=other),
        PostedCorrection(crop_id=written, version=0, caption="Frank naps."),
        PostedCorrection(crop_id=nobody, version=0, character=""),
    )
    world.collect_captions(dataset)
    after = made(world, dataset)
    assert set(before.captions) - set(after.captions) == {rejected, nobody}
    assert NAMES[other] in after.captions[renamed].text
    assert after.captions[written].text == "Frank naps."
    assert after.items[renamed].character == other
    world.write_manifest(dataset)
    lines = world.studio.get(world.keys(dataset).annotations).decode().splitlines()
    assert len(lines) == len(after.captions) == 6


def test_corrections_when_taken_back_before_the_manifest_then_all_is_as_before() -> None:
    world = TrainingInMemory()
    world.set_settings(Settings(training=SMALL))
    dataset = world.captioned()
    before = made(world, dataset)
    crop = next(iter(before.items))
    said = PostedCorrection(
        crop_id=crop, version=0, verdict=Verdict.REJECTED, character="frank", caption="Frank naps."
    )
    correct(world, said)
    world.collect_captions(dataset)
    correct(world, PostedCorrection(crop_id=crop, version=1))
    world.collect_captions(dataset)
    assert made(world, dataset) == before


def test_dataset_when_nobody_corrected_then_its_files_are_those_of_before() -> None:
    """Rows and files of stacks without reviews have no new fields."""
    world = TrainingInMemory()
    dataset = world.captioned()
    lines = world.studio.get(world.keys(dataset).items).decode()
    assert '"replaces"' not in lines and '"rejected"' not in lines


def test_name_when_replaced_in_a_caption_then_whole_words_only() -> None:
    caption = Caption(crop_id="c", text="Rex and T-Rex meet Rexona's dog.", model="m")
    found = renamed_caption(caption, "Frank", ["Rex"])
    assert found is not None
    assert found.text == "Frank and T-Frank meet Rexona's dog."
    assert renamed_caption(caption, "Frank", ["Buck"]) is None


def test_renamed_caption_when_it_was_put_right_then_its_first_text_has_the_name_too() -> None:
    caption = Caption(crop_id="c", text="Rex runs", first="The long-eared Rex runs", model="m")
    found = renamed_caption(caption, "Frank", ["Rex"])
    assert found is not None
    assert (found.text, found.first) == ("Frank runs", "The long-eared Frank runs")


def test_name_when_it_is_part_of_the_one_before_then_replaced_all_the_same() -> None:
    caption = Caption(crop_id="c1", text="Buck Bunny runs.", model="m")
    found = renamed_caption(caption, "Buck", ["Buck Bunny"])
    assert found is not None
    assert found.text == "Buck runs."
    back = renamed_caption(found, "Buck Bunny", ["Buck"])
    assert back is not None
    assert back.text == "Buck Bunny runs."

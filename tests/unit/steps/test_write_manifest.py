import json

import pytest
from fakes.training_in_memory import PRODUCTION, TrainingInMemory

from onmodel.contracts.datasets import DatasetItem, Violation
from onmodel.contracts.rows import DatasetStatus
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.errors import ManifestRefused
from onmodel.formats.jsonl import read_lines
from onmodel.registry.kinds import DATASETS


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def test_manifest_when_the_trainer_is_bedrock_then_exactly_its_two_keys(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    world.write_manifest(dataset)
    lines = world.studio.get(world.keys(dataset).manifest).decode().splitlines()
    assert [set(json.loads(line)) for line in lines] == [{"image-ref", "caption"}] * len(lines)
    first = json.loads(lines[0])
    key = first["image-ref"].removeprefix("s3://studio/")
    assert world.studio.head(key).size > 0 and first["caption"]


def test_annotations_when_written_then_the_articles_keys_with_lineage(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    world.write_manifest(dataset)
    lines = world.studio.get(world.keys(dataset).annotations).decode().splitlines()
    assert len(lines) == 8
    first = json.loads(lines[0])
    assert set(first) == {
        "image_ref", "alt_text", "crop_id", "character", "film_id", "timecode_seconds", "box",
        "beside", "look", "shot", "framing", "quality",
    }  # fmt: skip
    assert first["box"] == {"left": 10, "top": 20, "width": 300, "height": 400}


def test_manifest_when_there_is_a_validation_share_then_whole_shots_are_held_out(
    world: TrainingInMemory,
) -> None:
    generation = world.generation()
    world.set_settings(
        Settings(training=TrainingSettings(validation_share=0.5, min_per_character=1))
    )
    dataset = world.assemble(generation)
    for item in world.waiting(dataset):
        world.caption(item)
    world.collect_captions(dataset)
    world.write_manifest(dataset)
    keys = world.keys(dataset)
    shot_of = {
        f"s3://studio/{item.key}": item.shot
        for item in read_lines(DatasetItem, world.studio.get(keys.items))
    }
    training, held_out = (
        {shot_of[json.loads(line)["image-ref"]] for line in world.studio.get(key).splitlines()}
        for key in (keys.manifest, keys.validation)
    )
    assert training and training.isdisjoint(held_out)


def test_manifest_when_pictures_break_limits_then_all_are_listed_and_it_is_refused(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    keys = world.keys(dataset)
    gone, broken = world.studio.keys(f"{keys.pictures}/")[:2]
    world.studio.delete_prefix(gone)
    world.studio.put(broken, b"GIF89a", "image/gif")
    with pytest.raises(ManifestRefused):
        world.write_manifest(dataset)
    rules = {line.rule for line in read_lines(Violation, world.studio.get(keys.violations))}
    assert {"missing", "format"} <= rules
    record = DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id)
    assert record.status == DatasetStatus.REFUSED
    assert "limits" in (record.body.reason or "")


def test_manifest_when_repeated_then_the_same_bytes(world: TrainingInMemory) -> None:
    dataset = world.captioned()
    world.write_manifest(dataset)
    key = world.keys(dataset).manifest
    first = world.studio.get(key)
    world.write_manifest(dataset)
    assert world.studio.get(key) == first


def test_manifest_when_a_crop_has_no_caption_then_it_is_in_neither_file(
    world: TrainingInMemory,
) -> None:
    generation = world.generation()
    dataset = world.assemble(generation)
    first, *others = world.waiting(dataset)
    for item in others:
        world.caption(item)
    with pytest.raises(Exception, match="got no caption"):
        world.collect_captions(dataset)
    world.write_manifest(dataset)
    keys = world.keys(dataset)
    for key in (keys.manifest, keys.annotations):
        assert first.crop_id.encode() not in world.studio.get(key)

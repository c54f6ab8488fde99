import pytest
from fakes.training_in_memory import PRODUCTION, TrainingInMemory

from onmodel.contracts.captions import Caption, CaptionsCollected
from onmodel.contracts.datasets import DatasetRef, DatasetSummary, LeftOut, LeftOutReason
from onmodel.contracts.rows import DatasetBody, DatasetStatus
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.errors import DatasetRefused, EventRefused
from onmodel.formats.jsonl import read_lines
from onmodel.registry.kinds import DATASETS


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def captioned_but(world: TrainingInMemory, missing: int, *, of: int = 8) -> DatasetRef:
    """A dataset of which some pictures got no caption."""
    dataset = world.assemble(world.generation(of))
    items = world.waiting(dataset)
    for item in items[missing:]:
        world.caption(item)
    world.captions._answer = "not JSON"
    for item in items[: missing - 1]:
        world.caption(item)  # answered without a caption; the last of them was never answered
    return dataset


def row(world: TrainingInMemory, dataset: DatasetRef) -> tuple[str, DatasetBody]:
    record = DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id)
    return record.status, record.body


def left_out(world: TrainingInMemory, dataset: DatasetRef) -> list[LeftOut]:
    return list(read_lines(LeftOut, world.studio.get(world.keys(dataset).left_out)))


def test_collect_when_all_are_captioned_then_written_and_counted(world: TrainingInMemory) -> None:
    dataset = world.captioned()
    captions = read_lines(Caption, world.studio.get(world.keys(dataset).captions))
    assert len(captions) == 8
    status, body = row(world, dataset)
    assert status == DatasetStatus.CAPTIONED
    assert (body.captioned, body.caption_failures) == (8, 0)
    assert body.named == {"big-buck": 4, "frank": 4}
    # 8 × 1.5 thousand tokens in and a few out at 0.001 a thousand; 2 references, 8 figures at 0.001
    assert body.estimated_usd == pytest.approx(0.022, abs=4e-4)


def test_collect_when_few_failed_then_left_out_and_listed_with_their_reasons(
    world: TrainingInMemory,
) -> None:
    dataset = captioned_but(world, 2, of=40)  # 5 %: as many as are tolerated
    assert world.collect_captions(dataset) == CaptionsCollected(captioned=38, failed=2)
    failed = [
        line for line in left_out(world, dataset) if line.reason == LeftOutReason.CAPTION_FAILED
    ]
    assert len(failed) == 2
    assert "JSON" in failed[0].detail and failed[1].detail == "nobody answered"
    summary = DatasetSummary.model_validate_json(world.studio.get(world.keys(dataset).summary))
    assert summary.pictures == 38 and summary.left_out[LeftOutReason.CAPTION_FAILED] == 2
    assert row(world, dataset)[1].caption_failures == 2


def test_collect_when_more_failed_than_tolerated_then_refused_and_kept(
    world: TrainingInMemory,
) -> None:
    dataset = captioned_but(world, 2)
    with pytest.raises(DatasetRefused, match="2 of 8 pictures got no caption, more than 5 %: "):
        world.collect_captions(dataset)
    status, body = row(world, dataset)
    assert status == DatasetStatus.REFUSED and body.reason is not None
    assert "not one JSON object" in body.reason and body.reason.endswith("; nobody answered")
    world.notify("dataset_refused", dataset.dataset_id)
    assert "got no caption" in world.mailbox.mails[-1].body


def test_collect_when_run_again_after_a_refusal_then_the_dataset_is_whole(
    world: TrainingInMemory,
) -> None:
    dataset = captioned_but(world, 2)
    with pytest.raises(DatasetRefused):
        world.collect_captions(dataset)
    world.captions._answer = TrainingInMemory().captions._answer
    for item in world.waiting(dataset):
        world.caption(item, attempt=2)
    world.collect_captions(dataset)
    status, body = row(world, dataset)
    assert status == DatasetStatus.CAPTIONED and body.reason is None
    assert left_out(world, dataset) == []


def test_collect_when_repeated_then_the_same(world: TrainingInMemory) -> None:
    dataset = captioned_but(world, 2, of=40)
    world.collect_captions(dataset)
    first = (row(world, dataset), left_out(world, dataset))
    world.collect_captions(dataset)
    assert (row(world, dataset), left_out(world, dataset)) == first


def test_collect_when_too_few_pictures_are_left_then_refused(world: TrainingInMemory) -> None:
    generation = world.generation(20)
    world.set_settings(Settings(training=TrainingSettings(min_pictures=20)))
    dataset = world.assemble(generation)
    for item in world.waiting(dataset)[1:]:
        world.caption(item)
    with pytest.raises(DatasetRefused, match=r"only 19 captioned pictures .*, fewer than 20"):
        world.collect_captions(dataset)


def test_collect_when_a_price_is_missing_then_the_estimate_is_unknown_not_zero(
    world: TrainingInMemory,
) -> None:
    dataset = world.assemble(world.generation())
    for item in world.waiting(dataset):
        world.caption(item)
    world.prices = world.prices.model_copy(update={"prices": {}})
    world.collect_captions(dataset)
    assert row(world, dataset)[1].estimated_usd is None


def test_collect_when_the_dataset_is_unknown_then_refused(world: TrainingInMemory) -> None:
    dataset = world.captioned()
    record = DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id)
    DATASETS.delete(world.registry, record)
    with pytest.raises(EventRefused):
        world.collect_captions(dataset)


def test_collect_when_pictures_failed_then_notices_have_the_new_counts_alone(
    world: TrainingInMemory,
) -> None:
    generation = world.generation(40)
    world.set_settings(
        Settings(training=TrainingSettings(min_per_character=30, validation_share=0))
    )
    dataset = world.assemble(generation)
    for item in world.waiting(dataset)[1:]:
        world.caption(item)
    before = row(world, dataset)[1].notices
    world.collect_captions(dataset)
    after = row(world, dataset)[1].notices
    assert ["(20) and" in "".join(before), "(19) and" in "".join(after)] == [True, True]
    assert len(before) == len(after) == 1

import pytest
from fakes.train_world import PRODUCTION, TrainWorld

from onmodel.contracts.rows import DatasetStatus
from onmodel.errors import NotFound
from onmodel.registry.kinds import DATASETS


@pytest.fixture
def world() -> TrainWorld:
    return TrainWorld()


def test_report_when_drawn_then_shows_captions_and_the_dataset_is_ready(world: TrainWorld) -> None:
    dataset = world.captioned()
    world.write_manifest(dataset)
    world.report(dataset)
    page = world.studio.get(world.keys(dataset).report).decode()
    assert "Big Buck runs across a meadow" in page
    assert page.count("data:image/jpeg;base64,") == 8
    record = DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id)
    assert record.status == DatasetStatus.READY


def test_report_when_drawn_then_says_what_was_counted(world: TrainWorld) -> None:
    dataset = world.captioned()
    world.write_manifest(dataset)
    figures = {(figure.name, figure.by): figure.value for figure in world.report(dataset)}
    assert figures["Pictures", None] == 8
    paid = {by: value for (name, by), value in figures.items() if name == "PaidCalls"}
    assert paid and all(by is not None and value > 0 for by, value in paid.items())
    assert figures["Dollars", None] > 0


def test_report_when_repeated_then_the_same_page(world: TrainWorld) -> None:
    dataset = world.captioned()
    world.write_manifest(dataset)
    world.report(dataset)
    first = world.studio.get(world.keys(dataset).report)
    world.report(dataset)
    assert world.studio.get(world.keys(dataset).report) == first


def test_report_when_the_manifest_is_not_written_then_not_found(world: TrainWorld) -> None:
    with pytest.raises(NotFound, match=r"violations\.jsonl"):
        world.report(world.captioned())

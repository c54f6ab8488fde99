import pytest
from fakes.train_world import PRODUCTION, TrainWorld, with_prices

from onmodel.contracts.requests_training import DatasetRef, Preflight
from onmodel.errors import EventRefused
from onmodel.records import Kind
from onmodel.records_training import DatasetBody, TrainingStage
from onmodel.settings import Settings, TrainingSettings

IMPOSSIBLE = Preflight(possible=False, findings=("The base model is gone.",))


@pytest.fixture
def world() -> TrainWorld:
    return TrainWorld()


def stored(world: TrainWorld, dataset: DatasetRef) -> DatasetBody:
    record = world.registry.get(PRODUCTION, Kind.DATASET, dataset.dataset_id)
    assert record is not None
    return DatasetBody.model_validate(record.body)


def expensive(world: TrainWorld) -> DatasetRef:
    generation = world.generation()
    world.set_settings(Settings(training=TrainingSettings(preset="article")))
    return world.assemble(generation)


def trained(world: TrainWorld, stage: TrainingStage) -> DatasetRef:
    """A dataset whose training stands at a stage."""
    dataset = world.assemble(world.generation())
    training = world.start_training(dataset)
    record = world.registry.get(PRODUCTION, Kind.TRAINING, training)
    assert record is not None
    world.registry.replace(record.model_copy(update={"status": stage}))
    return dataset


def test_quote_when_first_and_cheap_then_nobody_is_asked(world: TrainWorld) -> None:
    dataset = world.assemble(world.generation())
    quoted = world.quote(dataset)
    # 500 × 8 pictures at half a cent, a month of the model, and cents of captions
    assert quoted.usd is not None and 21.95 < quoted.usd < 22.1
    assert not quoted.approval and quoted.review == "none"
    assert stored(world, dataset).quoted_usd == quoted.usd
    assert any("500 steps" in line for line in stored(world, dataset).assumptions)


def test_quote_when_above_the_limit_then_a_person_is_asked(world: TrainWorld) -> None:
    dataset = expensive(world)
    quoted = world.quote(dataset)
    assert quoted.approval and quoted.usd is not None and 4480 < quoted.usd < 4500
    assert stored(world, dataset).why_asked == "The quote is above the limit of $100.00."


def test_quote_when_a_price_is_missing_then_asked_and_never_zero(world: TrainWorld) -> None:
    dataset = world.assemble(world.generation())
    world.prices = with_prices({})
    quoted = world.quote(dataset)
    assert quoted.usd is None and quoted.approval


def test_quote_when_the_production_was_trained_before_then_asked(world: TrainWorld) -> None:
    trained(world, TrainingStage.COMPLETED)
    world.collect(world.film("two.mp4"))
    second = world.assemble(world.started_generations()[-1])
    assert world.quote(second).approval
    assert "trained before" in stored(world, second).why_asked


@pytest.mark.parametrize(
    "stage", [TrainingStage.STARTING, TrainingStage.IN_PROGRESS, TrainingStage.COMPLETED]
)
def test_quote_when_this_training_was_begun_then_not_asked_again(
    world: TrainWorld, stage: TrainingStage
) -> None:
    assert not world.quote(trained(world, stage)).approval


@pytest.mark.parametrize("stage", [TrainingStage.FAILED, TrainingStage.STOPPED, TrainingStage.GONE])
def test_quote_when_the_dataset_was_trained_in_vain_then_asked(
    world: TrainWorld, stage: TrainingStage
) -> None:
    assert world.quote(trained(world, stage)).approval


def test_quote_when_the_first_was_impossible_then_the_next_is_still_the_first(
    world: TrainWorld,
) -> None:
    assert not world.quote(trained(world, TrainingStage.IMPOSSIBLE)).approval


def test_quote_when_training_is_impossible_then_quoted_but_not_asked(world: TrainWorld) -> None:
    dataset = expensive(world)
    quoted = world.quote(dataset, IMPOSSIBLE)
    assert not quoted.approval and quoted.usd is not None
    assert stored(world, dataset).findings == IMPOSSIBLE.findings


def test_quote_when_repeated_then_the_same(world: TrainWorld) -> None:
    dataset = expensive(world)
    assert world.quote(dataset) == world.quote(dataset)


def test_quote_when_the_dataset_is_unknown_then_refused(world: TrainWorld) -> None:
    dataset = world.assemble(world.generation()).model_copy(update={"dataset_id": "d0009-00000000"})
    with pytest.raises(EventRefused, match="d0009"):
        world.quote(dataset)

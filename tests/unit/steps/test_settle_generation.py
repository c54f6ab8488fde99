from datetime import timedelta

import pytest
from fakes.tombstones import begin_to_delete
from fakes.training_in_memory import POLL_SECONDS, PRODUCTION, QUIET_SECONDS, TrainingInMemory
from hypothesis import example, given, settings
from hypothesis import strategies as st

from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.generations import Generation
from onmodel.contracts.rows import GenerationStatus
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.errors import EventRefused, RunClaimed
from onmodel.registry.kinds import GENERATIONS, RUNS


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def collected(world: TrainingInMemory) -> Generation:
    world.collect(world.film(crops=1))
    return world.started_generations()[-1]


def running_film(world: TrainingInMemory) -> str:
    """Another film that PrepareFilm works on; answers its execution."""
    run = world.film("late.mp4")
    row = RUNS.require(world.registry, PRODUCTION, run.run_id)
    world.executions.start("arn:aws:states:x:1:stateMachine:PrepareFilm", "late", {})
    holder = "arn:aws:states:x:1:execution:PrepareFilm:late"
    running = row.with_status(RunStatus.RUNNING).with_holder(holder)
    RUNS.replace(world.registry, running, world.clock())
    return holder


@example(age=QUIET_SECONDS)
@example(age=QUIET_SECONDS - 0.5)
@settings(max_examples=25, deadline=None)  # a world each
@given(age=st.floats(min_value=-3600, max_value=7200))
def test_settle_when_of_any_age_then_settled_only_after_the_quiet_period(age: float) -> None:
    world = TrainingInMemory()
    generation = collected(world)
    world.clock.now += timedelta(seconds=age)  # before zero: a clock behind the writer's
    answer = world.settle(generation)
    if answer.settled:
        assert age >= QUIET_SECONDS - 0.001 and answer.wait_seconds == 0
    else:
        assert POLL_SECONDS <= answer.wait_seconds <= QUIET_SECONDS
        assert answer.wait_seconds >= QUIET_SECONDS - max(age, 0) - 0.001


def test_settle_when_a_film_is_on_its_way_then_waits_until_it_ended(
    world: TrainingInMemory,
) -> None:
    generation = collected(world)
    holder = running_film(world)
    world.clock.advance(seconds=QUIET_SECONDS)
    assert world.settle(generation).model_dump() == {"settled": False, "wait_seconds": POLL_SECONDS}
    world.clock.advance(hours=15)
    assert world.settle(generation).wait_seconds == (15 * 3600 + QUIET_SECONDS) // 150
    world.clock.advance(hours=30)
    assert world.settle(generation).wait_seconds == 600
    world.executions.finish(holder)  # died or ended: either way nobody works on it
    assert world.settle(generation).settled


def test_settle_when_its_production_is_being_deleted_then_refused_and_held(
    world: TrainingInMemory,
) -> None:
    """Held, so that whoever deletes sees an execution that runs."""
    generation = collected(world)
    begin_to_delete(world.registry, PRODUCTION, world.clock())
    with pytest.raises(EventRefused, match=f"Production {PRODUCTION} is being deleted"):
        world.settle(generation)
    assert GENERATIONS.require(world.registry, PRODUCTION, generation.generation_id).holder


def test_settle_when_the_production_has_its_own_period_then_that_counts(
    world: TrainingInMemory,
) -> None:
    world.set_settings(Settings(training=TrainingSettings(quiet_minutes=0)))
    assert world.settle(collected(world)).settled


def test_settle_when_there_is_no_quiet_period_then_a_film_is_not_looked_at_each_second(
    world: TrainingInMemory,
) -> None:
    """A day of looks has to fit into the 25,000 events of one execution."""
    world.set_settings(Settings(training=TrainingSettings(quiet_minutes=0)))
    generation = collected(world)
    running_film(world)
    assert world.settle(generation).model_dump() == {
        "settled": False,
        "wait_seconds": POLL_SECONDS,
    }


def test_settle_when_another_execution_is_alive_then_it_keeps_the_generation(
    world: TrainingInMemory,
) -> None:
    generation = collected(world)
    world.settle(generation)
    second = generation.model_copy(update={"attempt": 2})
    with pytest.raises(RunClaimed, match="still runs"):
        world.settle(second)
    world.executions.finish(world.holder(generation))
    world.settle(second)
    record = GENERATIONS.require(world.registry, PRODUCTION, "g0001")
    assert record.holder == world.holder(second)


def test_settle_when_closed_with_a_dataset_then_goes_on_at_once(world: TrainingInMemory) -> None:
    generation = collected(world)
    row = GENERATIONS.require(world.registry, PRODUCTION, "g0001")
    closed = row.with_status(GenerationStatus.CLOSED).with_fields(dataset_id="d0001-00000000")
    GENERATIONS.replace(world.registry, closed, world.clock())
    assert world.settle(generation).settled


def test_settle_when_closed_without_a_dataset_then_ends_quietly(world: TrainingInMemory) -> None:
    generation = collected(world)
    record = GENERATIONS.require(world.registry, PRODUCTION, "g0001")
    GENERATIONS.replace(
        world.registry, record.with_status(GenerationStatus.CLOSED), record.updated_at
    )
    with pytest.raises(RunClaimed, match="is closed"):
        world.settle(generation)


def test_settle_when_the_generation_is_unknown_then_refused(world: TrainingInMemory) -> None:
    unknown = Generation(
        production=PRODUCTION, generation_id="g0009", attempt=1, correlation_id="c"
    )
    with pytest.raises(EventRefused, match="g0009"):
        world.settle(unknown)

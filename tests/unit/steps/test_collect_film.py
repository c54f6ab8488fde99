import pytest
from fakes.films_in_memory import TRAIN_MODEL
from fakes.tombstones import begin_to_delete
from fakes.training_in_memory import PRODUCTION, TrainingInMemory

from onmodel.contracts.films import Run
from onmodel.contracts.generations import FilmCollected, FilmPreparedDetail
from onmodel.contracts.rows import GenerationBody, GenerationStatus, Kind
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.errors import Conflict, DatasetRefused, EventRefused
from onmodel.ports.registry import Record
from onmodel.registry.kinds import DATASETS, FILMS, GENERATIONS, GenerationRow
from onmodel.steps.collect_film import CollectFilm


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def generation(
    world: TrainingInMemory, identity: str = "g0001"
) -> tuple[GenerationRow, GenerationBody]:
    row = GENERATIONS.require(world.registry, PRODUCTION, identity)
    return row, row.body


def close(world: TrainingInMemory) -> None:
    row, _ = generation(world)
    GENERATIONS.replace(world.registry, row.with_status(GenerationStatus.CLOSED), world.clock())


def test_collect_when_first_then_a_generation_opens_and_train_model_starts(
    world: TrainingInMemory,
) -> None:
    run = world.film()
    assert world.collect(run) == FilmCollected(outcome="started", generation_id="g0001")
    (started,) = world.started_generations()
    assert (started.generation_id, started.attempt) == ("g0001", 1)
    assert started.correlation_id == run.correlation_id
    assert generation(world)[1].runs == (run.run_id,)


def test_collect_when_a_second_film_then_it_joins_and_the_quiet_period_begins_anew(
    world: TrainingInMemory,
) -> None:
    world.collect(world.film("one.mp4"))
    world.clock.advance(minutes=3)
    assert world.collect(world.film("two.mp4")).outcome == "already_running"
    _, body = generation(world)
    assert len(body.runs) == 2
    assert body.last_prepared_at == world.clock()
    assert len(world.started_generations()) == 1


def test_collect_when_the_event_repeats_then_the_quiet_period_goes_on(
    world: TrainingInMemory,
) -> None:
    run = world.film()
    world.collect(run)
    began = world.clock()
    world.clock.advance(minutes=3)
    world.collect(run)
    assert generation(world)[1].last_prepared_at == began


def test_collect_when_died_before_the_start_then_a_repeat_starts(world: TrainingInMemory) -> None:
    run = world.film()
    world.set_settings(Settings(training=TrainingSettings(automatic=False)))
    world.collect(run)  # the row is written, nothing is started
    world.set_settings(Settings())
    assert world.collect(run).outcome == "started"


def test_collect_when_its_execution_died_then_the_next_attempt_starts(
    world: TrainingInMemory,
) -> None:
    world.collect(world.film("one.mp4"))
    world.executions.finish(world.holder(world.started_generations()[0]))
    assert world.collect(world.film("two.mp4")).outcome == "started"
    assert [started.attempt for started in world.started_generations()] == [1, 2]


def test_collect_when_the_generation_is_closed_then_a_new_one_opens(
    world: TrainingInMemory,
) -> None:
    world.collect(world.film("one.mp4"))
    close(world)
    assert world.collect(world.film("two.mp4")).generation_id == "g0002"


def test_collect_when_the_event_repeats_after_the_close_then_nothing_starts(
    world: TrainingInMemory,
) -> None:
    run = world.film()
    world.collect(run)
    close(world)
    assert world.collect(run) == FilmCollected(outcome="ignored", generation_id="g0001")
    assert len(world.started_generations()) == 1


def test_collect_when_not_automatic_then_only_recorded(world: TrainingInMemory) -> None:
    world.set_settings(Settings(training=TrainingSettings(automatic=False)))
    assert world.collect(world.film()).outcome == "recorded"
    assert not world.started_generations()


def test_collect_when_no_crop_was_kept_then_ignored(world: TrainingInMemory) -> None:
    assert world.collect(world.film(crops=0)).outcome == "ignored"
    assert GENERATIONS.read(world.registry, PRODUCTION, "g0001") is None


def test_collect_when_its_production_is_being_deleted_then_ignored(
    world: TrainingInMemory,
) -> None:
    run = world.film()
    begin_to_delete(world.registry, run.production, world.clock())
    assert world.collect(run).outcome == "ignored"
    assert list(GENERATIONS.list(world.registry, run.production)) == []


def test_collect_when_the_run_is_unknown_then_refused(world: TrainingInMemory) -> None:
    run = world.film().model_copy(update={"run_id": "never-claimed"})
    with pytest.raises(EventRefused, match="never-claimed"):
        world.collect(run)


def test_collect_when_another_film_writes_at_once_then_tried_again(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.collect(world.film("one.mp4"))
    replace, losses = world.registry.replace, [1, 1]

    def lose_twice(record: Record) -> Record:
        if record.kind == Kind.GENERATION and losses:
            losses.pop()
            raise Conflict("somebody was first")
        return replace(record)

    monkeypatch.setattr(world.registry, "replace", lose_twice)
    world.collect(world.film("two.mp4"))
    assert len(generation(world)[1].runs) == 2


def test_collect_when_the_row_never_rests_then_conflict_is_raised(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.collect(world.film("one.mp4"))

    def lose(record: Record) -> Record:
        raise Conflict("somebody was first")

    monkeypatch.setattr(world.registry, "replace", lose)
    with pytest.raises(Conflict):
        world.collect(world.film("two.mp4"))


def collect_again(world: TrainingInMemory, run: Run) -> FilmCollected:
    film = FilmPreparedDetail(
        production=run.production, film_id=run.film_id, run_id=run.run_id, correlation_id="again"
    )
    return CollectFilm(
        registry=world.registry,
        studio=world.studio,
        executions=world.executions,
        clock=world.clock,
        train_model_arn=TRAIN_MODEL,
    ).collect_again(film)


def test_collect_again_when_the_newest_dataset_has_the_film_then_nothing_begins(
    world: TrainingInMemory,
) -> None:
    dataset = world.assemble(world.generation())
    (film,) = FILMS.list(world.registry, PRODUCTION)
    assert DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id).body.films == (film.id,)
    assert film.body.run is not None
    assert collect_again(world, film.body.run).outcome == "ignored"
    assert len(world.started_generations()) == 1


def test_collect_again_when_the_film_was_deleted_for_the_newest_dataset_then_the_next_begins(
    world: TrainingInMemory,
) -> None:
    generation = world.generation()
    (film,) = FILMS.list(world.registry, PRODUCTION)
    assert film.body.run is not None
    world.uploads.delete_prefix(film.body.source.key)
    with pytest.raises(DatasetRefused):
        world.assemble(generation)
    collected = collect_again(world, film.body.run)
    assert (collected.outcome, collected.generation_id) == ("started", "g0002")
    assert collect_again(world, film.body.run).outcome == "ignored"


def test_collect_again_when_a_generation_is_open_then_it_is_not_touched(
    world: TrainingInMemory,
) -> None:
    run = world.film("a.mp4")
    assert collect_again(world, run).outcome == "ignored"
    world.collect(world.film("b.mp4"))
    assert collect_again(world, run).outcome == "ignored"
    assert len(world.started_generations()) == 1

from __future__ import annotations

import pytest
from fakes.training_in_memory import PRODUCTION, TrainingInMemory
from typer.testing import CliRunner

from onmodel.contracts.datasets import DatasetItem, DatasetRef
from onmodel.contracts.review import PostedCorrection, Verdict
from onmodel.contracts.rows import TrainingStage
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.errors import DatasetRefused
from onmodel.films.corrections import save_corrections
from onmodel.formats.jsonl import read_lines
from onmodel.registry.kinds import DATASETS, GENERATIONS, TRAININGS
from onmodel.trainers.catalogue import common_limits
from onmodel_cli import main, train
from onmodel_cli.connection import Connection


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


@pytest.fixture
def invoke(connection: Connection, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(train, "open_stack", lambda *_arguments: connection)
    return lambda: CliRunner().invoke(main.app, ["train", "--production", PRODUCTION])


def crops(world: TrainingInMemory, dataset: DatasetRef) -> list[str]:
    items = read_lines(DatasetItem, world.studio.get(world.keys(dataset).items))
    return [item.crop_id for item in items]


def started(world: TrainingInMemory) -> list[tuple[str, int]]:
    return [(found.generation_id, found.attempt) for found in world.started_generations()]


def attempt(world: TrainingInMemory) -> int:
    record = GENERATIONS.read(world.registry, PRODUCTION, "g0001")
    return record.body.attempt


def test_train_when_films_are_only_collected_then_starts_the_machine(invoke, world) -> None:
    world.set_settings(Settings(training=TrainingSettings(automatic=False)))
    world.collect(world.film())
    assert started(world) == []
    assert invoke().exit_code == 0
    assert started(world) == [("g0001", 1)]


def test_train_when_it_runs_already_then_says_so_and_starts_nothing(invoke, world) -> None:
    world.collect(world.film())
    done = invoke()
    assert done.exit_code == 0 and "already" in done.stderr
    assert started(world) == [("g0001", 1)]


def test_train_when_the_approval_was_declined_then_asks_anew_without_new_captions(
    invoke, world
) -> None:
    generation = world.generation()
    dataset = world.assemble(generation)
    world.executions.finish(world.holder(generation))
    assert invoke().exit_code == 0
    again = world.started_generations()[-1]
    assert again.attempt == 2
    assert world.settle(again).settled
    assert world.assemble(again).dataset_id == dataset.dataset_id


def test_train_when_the_training_failed_then_starts_the_next_attempt(invoke, world) -> None:
    generation = world.generation()
    training = world.start_training(world.assemble(generation))
    record = TRAININGS.read(world.registry, PRODUCTION, training)
    TRAININGS.replace(world.registry, record.with_status(TrainingStage.FAILED), record.updated_at)
    world.executions.finish(world.holder(generation))
    assert invoke().exit_code == 0
    assert started(world)[-1] == ("g0001", 2) and attempt(world) == 2


@pytest.mark.parametrize(
    ("stage", "said"),
    [(TrainingStage.IN_PROGRESS, "runs already"), (TrainingStage.COMPLETED, "is trained")],
)
def test_train_when_there_is_nothing_new_then_says_so(invoke, world, stage, said) -> None:
    generation = world.generation()
    training = world.start_training(world.assemble(generation))
    record = TRAININGS.read(world.registry, PRODUCTION, training)
    TRAININGS.replace(world.registry, record.with_status(stage), record.updated_at)
    world.executions.finish(world.holder(generation))
    done = invoke()
    assert done.exit_code == 3 and said in done.stderr
    assert started(world) == [("g0001", 1)]


def correct(world: TrainingInMemory, crop_id: str, **decided: object) -> None:
    posted = PostedCorrection(crop_id=crop_id, version=0, **decided)
    save_corrections(
        PRODUCTION, [posted], registry=world.registry, clock=world.clock, limits=common_limits()
    )


def complete(world: TrainingInMemory, dataset: DatasetRef) -> None:
    """Train on a dataset, to the end."""
    generation = world.started_generations()[-1]
    training = TRAININGS.read(world.registry, PRODUCTION, world.start_training(dataset))
    done = training.with_status(TrainingStage.COMPLETED)
    TRAININGS.replace(world.registry, done, training.updated_at)
    world.executions.finish(world.holder(generation))


def assembled_again(world: TrainingInMemory) -> DatasetRef:
    again = world.started_generations()[-1]
    assert (again.generation_id, again.attempt) == ("g0002", 1)
    assert world.settle(again).settled
    return world.assemble(again)


@pytest.mark.parametrize("is_before", [True, False])
def test_train_when_a_picture_is_rejected_around_the_start_of_training_then_a_new_dataset_is_made(
    invoke, world, is_before
) -> None:
    """Before it, the dataset was there already: it does not follow the correction either way."""
    first = world.captioned()
    before = crops(world, first)
    world.clock.advance(seconds=60)
    if is_before:
        correct(world, before[0], verdict=Verdict.REJECTED)
    world.clock.advance(seconds=60)
    complete(world, first)
    world.clock.advance(seconds=60)
    if not is_before:
        correct(world, before[0], verdict=Verdict.REJECTED)
    assert invoke().exit_code == 0
    second = assembled_again(world)
    assert sorted(crops(world, second)) == sorted(before[1:])
    assert second.captions_needed == 0


def test_train_when_the_dataset_follows_its_review_then_there_is_nothing_new(invoke, world) -> None:
    first = world.captioned()
    correct(world, crops(world, first)[0], verdict=Verdict.REJECTED)
    world.collect_captions(first)
    complete(world, first)
    done = invoke()
    assert done.exit_code == 3 and "is trained" in done.stderr


def test_train_when_pictures_were_told_apart_in_its_review_then_a_new_dataset_is_made(
    invoke, world
) -> None:
    first = world.captioned()
    one, other, *_ = crops(world, first)
    correct(world, one, not_a_match=(other,))
    world.collect_captions(first)  # what was left out as their duplicate stays out
    complete(world, first)
    assert invoke().exit_code == 0
    second = assembled_again(world)
    world.collect_captions(second)
    complete(world, second)
    assert "is trained" in invoke().stderr


def test_train_when_corrected_during_a_training_then_says_when_it_counts(invoke, world) -> None:
    first = world.captioned()
    world.start_training(first)
    world.executions.finish(world.holder(world.started_generations()[-1]))
    (record,) = TRAININGS.list(world.registry, PRODUCTION)
    TRAININGS.replace(
        world.registry, record.with_status(TrainingStage.IN_PROGRESS), record.updated_at
    )
    assert "corrected" not in invoke().stderr
    correct(world, crops(world, first)[0], verdict=Verdict.REJECTED)
    said = " ".join(invoke().stderr.split())
    assert f"`onmodel train -p {PRODUCTION}` then takes what was corrected since." in said


@pytest.mark.parametrize(("minutes", "code"), [(-1, 3), (1, 0)])
def test_train_when_the_dataset_is_of_before_then_corrections_after_the_training_count(
    invoke, world, minutes, code
) -> None:
    first = world.captioned()
    dataset = DATASETS.read(world.registry, PRODUCTION, first.dataset_id)
    older = dataset.with_fields(corrections_hash=None, selection_hash="")
    DATASETS.replace(world.registry, older, dataset.updated_at)
    complete(world, first)
    world.clock.advance(seconds=60 * minutes)
    correct(world, crops(world, first)[0], verdict=Verdict.REJECTED)
    assert invoke().exit_code == code


def test_train_when_no_film_was_prepared_then_says_how_to_begin(invoke) -> None:
    done = invoke()
    assert done.exit_code == 3 and "onmodel run" in done.stderr


def test_train_when_no_dataset_came_of_it_then_says_why(invoke, world) -> None:
    world.collect(world.film())
    (generation,) = world.started_generations()
    with pytest.raises(DatasetRefused):
        world.assemble(generation)  # nobody is named: no character was shown
    world.executions.finish(world.holder(generation))
    done = invoke()
    assert done.exit_code == 3 and "made no dataset" in done.stderr
    assert started(world) == [("g0001", 1)]

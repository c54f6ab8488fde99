import json
from collections.abc import Callable

import pytest
from fakes.tombstones import begin_to_delete
from fakes.training_in_memory import PRODUCTION, TrainingInMemory

from onmodel.contracts.datasets import DatasetRef
from onmodel.contracts.rows import TrainingBody, TrainingStage
from onmodel.contracts.trainings import Finding, TrainingNames, TrainingSpec
from onmodel.deployments.deletion import begin_deletion
from onmodel.errors import EventRefused, ServiceUnavailable, TrainingImpossible
from onmodel.registry.kinds import TRAININGS
from onmodel.steps.start_training import training_id_of

BLOCKED = Finding(code="model-gone", blocking=True, reason="the model is gone", advice="Wait.")


class FilmsInMemory(TrainingInMemory):
    """A dataset that is ready to be trained on."""

    def __init__(self) -> None:
        super().__init__()
        self.dataset: DatasetRef = self.captioned()
        self.write_manifest(self.dataset)

    def start(self) -> str:
        return self.start_training(self.dataset)

    def row(self, training: str) -> tuple[str, TrainingBody]:
        record = TRAININGS.require(self.registry, PRODUCTION, training)
        return record.status, record.body

    def set_stage(self, training: str, stage: TrainingStage) -> None:
        record = TRAININGS.require(self.registry, PRODUCTION, training)
        TRAININGS.replace(self.registry, record.with_status(stage), record.updated_at)


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory()


def test_start_when_new_then_the_trainer_gets_the_dataset(world: FilmsInMemory) -> None:
    training = world.start()
    assert training == world.dataset.dataset_id
    stage, body = world.row(training)
    assert stage == TrainingStage.IN_PROGRESS
    assert body.job_ref in world.trainer.trainings
    keys = world.keys(world.dataset)
    assert body.spec.manifest_uri == f"s3://studio/{keys.manifest}"
    assert body.spec.output_uri == f"s3://studio/{PRODUCTION}/trainings/{training}/"
    assert body.spec.hyperparameters["steps"] == 500
    assert [line.value for line in body.described] == ["500", "8", "1e-05"]
    assert body.model_name == f"{PRODUCTION}-{training}"


def test_start_when_repeated_then_one_training(world: FilmsInMemory) -> None:
    assert world.start() == world.start()
    assert len(world.trainer.trainings) == 1


def test_start_when_died_before_the_trainer_was_asked_then_a_repeat_asks(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(spec: TrainingSpec) -> str:
        raise ServiceUnavailable("away")

    monkeypatch.setattr(world.trainer, "start", away)
    with pytest.raises(ServiceUnavailable):
        world.start()
    assert world.row(world.dataset.dataset_id)[0] == TrainingStage.STARTING
    monkeypatch.undo()
    world.start()
    assert len(world.trainer.trainings) == 1


def start_without_answer(world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trainer starts the job, and its answer is lost."""
    start = world.trainer.start

    def answer_lost(spec: TrainingSpec) -> str:
        start(spec)
        raise ServiceUnavailable("the answer was lost")

    monkeypatch.setattr(world.trainer, "start", answer_lost)
    with pytest.raises(ServiceUnavailable):
        world.start()
    monkeypatch.undo()


def test_start_when_died_after_the_trainer_was_asked_then_a_repeat_finds_it(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_without_answer(world, monkeypatch)
    stage, body = world.row(world.start())
    assert stage == TrainingStage.IN_PROGRESS and body.job_ref in world.trainer.trainings
    assert len(world.trainer.trainings) == 1


def test_start_when_refused_then_the_reason_is_kept_and_told(world: FilmsInMemory) -> None:
    world.trainer.findings = (BLOCKED,)
    with pytest.raises(TrainingImpossible) as refusal:
        world.start()
    stage, body = world.row(world.dataset.dataset_id)
    assert stage == TrainingStage.IMPOSSIBLE and "the model is gone" in (body.reason or "")
    cause = json.dumps({"errorMessage": str(refusal.value), "errorType": "TrainingImpossible"})
    world.notify(
        "training_not_started", world.dataset.dataset_id, error="TrainingImpossible", cause=cause
    )
    mail = world.mailbox.mails[-1]
    assert "could not be started" in mail.subject and "the model is gone" in mail.body


@pytest.mark.parametrize(
    "stage",
    [
        TrainingStage.FAILED,
        TrainingStage.STOPPED,
        TrainingStage.GONE,
        TrainingStage.IMPOSSIBLE,
    ],
)
def test_start_when_the_former_came_to_nothing_then_a_new_one_with_its_own_id(
    world: FilmsInMemory, stage: TrainingStage
) -> None:
    first = world.start()
    world.set_stage(first, stage)
    second = world.start()
    assert second == f"{first}-t2"
    assert len(world.trainer.trainings) == 2
    assert world.start() == second


def test_start_when_completed_then_not_trained_again(world: FilmsInMemory) -> None:
    first = world.start()
    world.set_stage(first, TrainingStage.COMPLETED)
    assert world.start() == first
    assert len(world.trainer.trainings) == 1


def test_training_id_when_of_many_attempts_then_all_differ() -> None:
    ids = {training_id_of("d0001-0a1b2c3d", attempt) for attempt in range(1, 30)}
    assert len(ids) == 29 and "d0001-0a1b2c3d" in ids


def forbid_stack(world: FilmsInMemory) -> None:
    begin_deletion(world.registry, world.clock)


def forbid_production(world: FilmsInMemory) -> None:
    begin_to_delete(world.registry, PRODUCTION, world.clock())


@pytest.mark.parametrize("forbid", [forbid_stack, forbid_production])
def test_start_when_a_deletion_begins_after_the_row_was_written_then_nothing_is_trained(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch, forbid: Callable[[FilmsInMemory], None]
) -> None:
    names = world.trainer.names

    def asked_while_writing(production: str, training_id: str) -> TrainingNames:
        forbid(world)  # it looked at the rows before this one is written
        return names(production, training_id)

    monkeypatch.setattr(world.trainer, "names", asked_while_writing)
    with pytest.raises(EventRefused, match=r"is being deleted: nothing is trained any more"):
        world.start()
    monkeypatch.undo()
    assert world.trainer.trainings == {}
    assert world.row(world.dataset.dataset_id)[0] == TrainingStage.IMPOSSIBLE


def test_start_when_a_deletion_finds_a_job_whose_answer_was_lost_then_its_row_has_it(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_without_answer(world, monkeypatch)
    forbid_production(world)
    stage, body = world.row(world.start())
    assert stage == TrainingStage.IN_PROGRESS  # so that the deletion sees that it runs
    assert body.job_ref in world.trainer.trainings

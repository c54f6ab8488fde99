from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.detector_in_memory import DetectorInMemory
from fakes.executions import execution_arn
from fakes.films_in_memory import MACHINE, TRAIN_MODEL, FilmsInMemory
from fakes.labels import FakeLabels, figure
from fakes.trainer import Only
from typer.testing import CliRunner

from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.generations import FilmPreparedDetail
from onmodel.contracts.human_loops import HumanLoopBody, HumanLoopStatus
from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.contracts.places import PlacesBody, PlacesStatus
from onmodel.contracts.rows import (
    ApprovalBody,
    ApprovalStatus,
    DatasetBody,
    DatasetStatus,
    DeploymentBody,
    DeploymentStage,
    Kind,
    TrainingBody,
    TrainingStage,
)
from onmodel.contracts.stack_rows import TombstoneStatus
from onmodel.contracts.trainings import TrainingSpec
from onmodel.errors import ServiceError
from onmodel.films.folders import production_called
from onmodel.registry.kinds import (
    APPROVALS,
    DATASETS,
    DEPLOYMENTS,
    GENERATIONS,
    HUMAN_LOOPS,
    PLACES,
    RUNS,
    TOMBSTONES,
    TRAININGS,
)
from onmodel.steps.collect_film import CollectFilm
from onmodel.trainers.bedrock.rules import BedrockRules
from onmodel.trainers.catalogue import TRAINERS
from onmodel.wiring import now
from onmodel_cli import belongings, deleting, main
from onmodel_cli.connection import Connection

ID = "d0001-0a1b2c3d"
LOOP = "onmodel-bunny-0a1b2c3d-1"
JOB = "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/x"


class DeletingTrainer:
    """What the command asks of a trainer."""

    drawing_jobs = None

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def delete_model(self, model_ref: str) -> None:
        self.deleted.append(model_ref)


@pytest.fixture
def trainer(connection: Connection) -> DeletingTrainer:
    made = DeletingTrainer()
    vars(connection.services)["trainers"] = Only(made)
    return made


@pytest.fixture
def invoke(connection: Connection, trainer: DeletingTrainer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(deleting, "open_stack", lambda *_arguments: connection)

    def call(*arguments: str, **options: str):
        return CliRunner().invoke(main.app, ["delete-production", *arguments], **options)

    return call


@pytest.fixture(scope="module")
def prepared_once(film: Path, picture: bytes) -> FilmsInMemory:
    """To be copied, not changed: Bunny and Bunnyhop with a prepared film and a reference each."""
    world = FilmsInMemory(FakeLabels((figure(0.3, 0.2, 0.3, 0.6),)))
    for folder in ("Bunny", "Bunnyhop"):
        world.route(world.upload(f"{folder}/characters/Mira/1.png", picture))
        world.upload(f"{folder}/films/mira.mp4", film.read_bytes())
        world.route(world.event(f"{folder}/films/mira.mp4"))
        world.prepare(world.started())
    return world


@pytest.fixture
def world(request: pytest.FixtureRequest) -> FilmsInMemory:
    """What the connection leads to: empty, unless the test asks for `prepared`."""
    if "prepared" in request.fixturenames:
        return deepcopy(request.getfixturevalue("prepared_once"))
    return FilmsInMemory()


@pytest.fixture
def prepared(world: FilmsInMemory) -> FilmsInMemory:
    """Production Bunny with a prepared film of two versions, a reference and a model; and Hop."""
    world.uploads.put("Bunny/films/mira.mp4", b"an older version's successor", "video/mp4")
    world.studio.put("bunny/films/mira/samples/s/crops/c.jpg", b"crop", "image/jpeg")
    world.studio.put("bunny/datasets/d1/manifest.jsonl", b"{}", "text/plain")
    world.studio.put("trainers/sagemaker/weights/w", b"weights", "text/plain")
    put_training(world, TrainingStage.COMPLETED)
    return world


def put_training(world: FilmsInMemory, status: TrainingStage) -> None:
    spec = TrainingSpec(
        production="bunny", dataset_id=ID, training_id=ID, manifest_uri="s3://studio/m",
        output_uri="s3://studio/t/", hyperparameters=BedrockRules.presets["default"],
    )  # fmt: skip
    body = TrainingBody(
        dataset_id=ID, correlation_id="c", spec=spec, model_ref="model-1", job_ref=JOB
    )
    TRAININGS.put(world.registry, "bunny", ID, status=status, body=body, now=now())


def left_of(world: FilmsInMemory, folder: str, production: str) -> list[str]:
    objects = [*world.uploads.versions(f"{folder}/"), *world.studio.versions(f"{production}/")]
    rows = [row for kind in Kind for row in world.registry.list(production, kind)]
    return [one.key for one in objects] + [
        f"{r.kind} {r.id}" for r in rows if r.kind != "tombstone"
    ]


def tombstone(world: FilmsInMemory):
    (row,) = TOMBSTONES.list(world.registry, "bunny")
    return row


def test_delete_production_when_its_name_is_typed_leaves_nothing_but_a_tombstone(
    invoke, prepared: FilmsInMemory, trainer: DeletingTrainer
) -> None:
    before = left_of(prepared, "Bunnyhop", "bunnyhop")
    crops = [one.size for one in prepared.studio.versions("bunny/") if "/crops/" in one.key]
    done = invoke("-p", "bunny", input="Bunny\n")
    assert done.exit_code == 0, done.stderr
    assert left_of(prepared, "Bunny", "bunny") == []
    assert trainer.deleted == ["model-1"]
    assert left_of(prepared, "Bunnyhop", "bunnyhop") == before
    assert prepared.studio.get("trainers/sagemaker/weights/w") == b"weights"
    row = tombstone(prepared)
    assert (row.status, row.body.name) == (TombstoneStatus.DELETED, "Bunny")
    assert row.body.deleted_at is not None
    parts = {part.name: part for part in row.body.parts}
    assert parts["films"].number == 2
    assert parts["films"].size_bytes > 28
    assert parts["references"].number == 1
    assert (parts["crops"].number, parts["crops"].size_bytes) == (len(crops), sum(crops))
    assert parts["vectors"].number > 0
    assert parts["files of datasets"].number == 1
    assert parts["models"].number == 1
    assert parts["rows"].number > 4


def test_delete_production_when_asked_lists_what_there_is_and_what_cannot_be_attributed(
    invoke, prepared: FilmsInMemory
) -> None:
    done = invoke("-p", "bunny", input="Bunny\n")
    assert "films: 2, " in done.stderr
    assert f"model of {ID}, at bedrock, $1.95 a month" in done.stderr
    expires = now() + timedelta(days=365)
    assert f"The last one expires by {expires:%Y-%m-%d}" in done.stderr


def test_delete_production_when_a_training_began_during_the_question_deletes_nothing(
    invoke, prepared: FilmsInMemory, trainer: DeletingTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        deleting, "_confirm", lambda _found: put_training(prepared, TrainingStage.STARTING)
    )
    before = left_of(prepared, "Bunny", "bunny")
    done = invoke("-p", "bunny")
    assert done.exit_code == 3
    assert f"{ID} is being trained" in done.stderr
    assert left_of(prepared, "Bunny", "bunny") == before
    assert (trainer.deleted, list(TOMBSTONES.list(prepared.registry, "bunny"))) == ([], [])


def test_delete_production_when_another_name_is_typed_deletes_nothing(
    invoke, prepared: FilmsInMemory, trainer: DeletingTrainer
) -> None:
    before = left_of(prepared, "Bunny", "bunny")
    done = invoke("-p", "bunny", input="Bunnyhop\n")
    assert done.exit_code == 3
    assert left_of(prepared, "Bunny", "bunny") == before
    assert (trainer.deleted, list(TOMBSTONES.list(prepared.registry, "bunny"))) == ([], [])


def test_delete_production_when_there_is_none_is_refused(invoke) -> None:
    done = invoke("-p", "nothing", "--yes")
    assert done.exit_code == 3
    assert "There is no production nothing" in done.stderr


def deploy(world: FilmsInMemory) -> None:
    body = DeploymentBody(
        training_id=ID, name=f"{ID}-1", correlation_id="c", requested_at=now(),
        retires_at=now() + timedelta(hours=2), schedule_name="retire-it", hours=2,
    )  # fmt: skip
    DEPLOYMENTS.create(
        world.registry, "bunny", f"{ID}-1", status=DeploymentStage.PLANNED, body=body, now=now()
    )


def start_human_loop(
    world: FilmsInMemory, status: HumanLoopStatus = HumanLoopStatus.STARTED
) -> None:
    body = HumanLoopBody(dataset_id=ID, approval_id="a1", execution_arn="arn:one", crop_ids=("c1",))
    HUMAN_LOOPS.create(world.registry, "bunny", LOOP, status=status, body=body, now=now())


def run_again(world: FilmsInMemory) -> None:
    world.executions.start(MACHINE, "again", {})
    (row,) = RUNS.list(world.registry, "bunny")
    RUNS.replace(world.registry, row.with_holder(execution_arn(MACHINE, "again")), now())


def ask(world: FilmsInMemory) -> None:
    run_again(world)
    body = ApprovalBody(
        purpose="training", subject_id=ID, usd=20, task_token="token", expires_at=now(),
        execution_arn=execution_arn(MACHINE, "again"), correlation_id="c",
    )  # fmt: skip
    status = ApprovalStatus.PENDING
    APPROVALS.create(world.registry, "bunny", "a1", status=status, body=body, now=now())


def stop_a_film(world: FilmsInMemory) -> None:
    (row,) = RUNS.list(world.registry, "bunny")
    run = row.body.run.model_dump(mode="json")
    world.executions.start(MACHINE, "stopped", {"run": run})
    world.executions.start(MACHINE, "hops", {"run": run | {"production": "bunnyhop"}})
    world.executions.stop_all(MACHINE, "by hand")
    world.executions.unsuccessful_at = dict.fromkeys(world.executions.unsuccessful_at, now())


def fail_a_film(world: FilmsInMemory) -> None:
    """One chunk failed; functions sample the others still."""
    (row,) = RUNS.list(world.registry, "bunny")
    world.executions.start(MACHINE, "failed", {"run": row.body.run.model_dump(mode="json")})
    world.executions.fail(execution_arn(MACHINE, "failed"), "FilmFailed")
    world.executions.unsuccessful_at[execution_arn(MACHINE, "failed")] = now()


def refuse_a_film(world: FilmsInMemory, minutes_ago: int = 1) -> None:
    (row,) = RUNS.list(world.registry, "bunny")
    at = now() - timedelta(minutes=minutes_ago)
    RUNS.replace(world.registry, row.with_status(RunStatus.REFUSED), at)


def refuse_a_dataset(world: FilmsInMemory, minutes_ago: int = 1) -> None:
    body = DatasetBody(
        generation_id="g0001", correlation_id="c", pictures=1, named={}, films=(),
        to_caption_key="k", captions_needed=1,
    )  # fmt: skip
    at = now() - timedelta(minutes=minutes_ago)
    DATASETS.create(world.registry, "bunny", ID, status=DatasetStatus.REFUSED, body=body, now=at)


@pytest.mark.parametrize(
    ("happen", "command"),
    [
        (deploy, f"onmodel retire -p bunny --deployment {ID}-1"),
        (
            lambda world: put_training(world, TrainingStage.IN_PROGRESS),
            f"aws bedrock stop-model-customization-job --job-identifier {JOB}",
        ),
        (
            run_again,
            "aws stepfunctions stop-execution --execution-arn " + execution_arn(MACHINE, "again"),
        ),
        (ask, "waits for your answer about again: decline on the page of its mail, or `aws step"),
        (start_human_loop, "1 human loops of Amazon A2I are open"),
        (stop_a_film, "PrepareFilm of stopped was stopped or failed, and functions may work"),
        (fail_a_film, "PrepareFilm of failed was stopped or failed, and functions may work on it"),
        (refuse_a_film, "The film mira.mp4 was refused, and functions may work on it until"),
        (refuse_a_dataset, f"The dataset {ID} was refused, and functions may work on it until"),
    ],
    ids=[
        "deployed",
        "training",
        "execution",
        "question",
        "human loop",
        "stopped execution",
        "failed execution",
        "refused film",
        "refused dataset",
    ],
)
def test_delete_production_when_something_runs_is_refused_with_the_command_that_stops_it(
    happen, command: str, invoke, prepared: FilmsInMemory
) -> None:
    happen(prepared)
    before = left_of(prepared, "Bunny", "bunny")
    done = invoke("-p", "bunny", "--yes")
    assert done.exit_code == 3
    assert command in done.stderr
    assert left_of(prepared, "Bunny", "bunny") == before


def test_delete_production_when_a_work_team_answered_then_its_answers_are_deleted_too(
    invoke, prepared: FilmsInMemory
) -> None:
    start_human_loop(prepared, HumanLoopStatus.COMPLETED)
    own, other = (f"human-loops/flow/2026/{name}/output.json" for name in (LOOP, f"{LOOP}0"))
    for key in (own, other):
        prepared.studio.put(key, b"{}", "application/json")
    done = invoke("-p", "bunny", input="Bunny\n")
    assert done.exit_code == 0, done.stderr
    kept = [version.key for version in prepared.studio.versions("human-loops/")]
    assert kept == [other]


def test_delete_production_when_something_was_stopped_or_refused_long_ago_then_deleted(
    invoke, prepared: FilmsInMemory
) -> None:
    stop_a_film(prepared)
    stopped = execution_arn(MACHINE, "stopped")
    prepared.executions.unsuccessful_at[stopped] = now() - timedelta(minutes=16)
    refuse_a_film(prepared, minutes_ago=16)
    refuse_a_dataset(prepared, minutes_ago=16)
    assert invoke("-p", "bunny", "--yes").exit_code == 0


@pytest.mark.parametrize("calls", range(0, 24, 3))
def test_delete_production_when_it_dies_goes_on_with_the_same_command(
    calls: int, invoke, prepared: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies at each of its deletions of objects and rows in turn."""
    left = [calls]

    def dying(work):
        def call(*arguments):
            if left[0] == 0:
                raise ServiceError("the connection is lost")
            left[0] -= 1
            return work(*arguments)

        return call

    with monkeypatch.context() as patched:
        for store in (prepared.uploads, prepared.studio):
            patched.setattr(store, "delete_versions", dying(store.delete_versions))
        patched.setattr(prepared.registry, "delete", dying(prepared.registry.delete))
        died = invoke("-p", "bunny", "--yes")
    is_over = died.exit_code == 0
    assert is_over or tombstone(prepared).status == TombstoneStatus.DELETING
    if not is_over:
        parts = tombstone(prepared).body.parts
        done = invoke("-p", "Bunny", "--yes")
        assert done.exit_code == 0, done.stderr
        assert tombstone(prepared).body.parts == parts
    assert left_of(prepared, "Bunny", "bunny") == []
    assert tombstone(prepared).status == TombstoneStatus.DELETED


def test_delete_production_when_done_then_an_upload_begins_it_anew(
    invoke, prepared: FilmsInMemory, film: Path
) -> None:
    invoke("-p", "bunny", "--yes")
    prepared.upload("Bunny/films/mira.mp4", film.read_bytes())
    answer = prepared.route(prepared.event("Bunny/films/mira.mp4", "upload-2"))
    assert answer.outcome in {"started", "already_running"}
    found = production_called("Bunny", prepared.registry)
    assert found is not None
    assert found.id == "bunny"


def test_delete_production_when_done_then_the_next_generation_counts_on(
    invoke, prepared: FilmsInMemory, film: Path
) -> None:
    """A training under the number of before would find the job whose model is deleted."""
    assert collect(prepared) == ["g0001"]
    prepared.executions.finish(list(prepared.executions.payloads)[-1])
    assert invoke("-p", "bunny", "--yes").exit_code == 0
    prepared.upload("Bunny/films/mira.mp4", film.read_bytes())
    prepared.route(prepared.event("Bunny/films/mira.mp4", "upload-2"))
    prepared.prepare(prepared.started())
    assert collect(prepared) == ["g0002"]


def collect(world: FilmsInMemory) -> list[str]:
    """Collect the prepared film of Bunny as if it had crops; the ids of its generations."""
    (row,) = RUNS.list(world.registry, "bunny")
    RUNS.replace(world.registry, row.with_fields(crops_kept=1), now())
    run = row.body.run
    film = FilmPreparedDetail(
        production="bunny", film_id=run.film_id, run_id=run.run_id, correlation_id="c"
    )
    CollectFilm(
        registry=world.registry,
        studio=world.studio,
        executions=world.executions,
        clock=world.clock,
        train_model_arn=TRAIN_MODEL,
    ).collect_run(film)
    return [row.id for row in GENERATIONS.list(world.registry, "bunny")]


def test_delete_production_when_main_keeps_other_folders_and_the_stacks_own_rows(
    invoke, world: FilmsInMemory, film: Path
) -> None:
    for key in ("films/a.mp4", "b.mp4", "settings.yaml", "Bunny/films/c.mp4", "films/films/d.mp4"):
        body = b"{}" if key.endswith("yaml") else film.read_bytes()
        world.uploads.put(key, body, "text/plain")
    world.route(world.event("films/a.mp4"))
    world.executions.finish(execution_arn(MACHINE, next(iter(names(world)))))
    PLACES.create(
        world.registry, MAIN_PRODUCTION, "films",
        status=PlacesStatus.COUNTED, body=PlacesBody(), now=now(),
    )  # fmt: skip
    done = invoke("-p", "main", "--yes")
    assert done.exit_code == 0, done.stderr
    assert world.uploads.keys() == ("Bunny/films/c.mp4", "films/films/d.mp4")
    assert PLACES.read(world.registry, MAIN_PRODUCTION, "films") is not None


def names(world: FilmsInMemory) -> list[str]:
    return [arn.rpartition(":")[2] for arn in world.executions.payloads]


def test_trainers_when_one_is_added_then_a_command_stops_its_jobs() -> None:
    assert belongings.STOP_TRAINING.keys() == TRAINERS.keys()


def test_delete_production_when_faces_are_known_then_they_are_listed_and_deleted(
    invoke, prepared: FilmsInMemory
) -> None:
    for collection in ("onmodel.bunny.1", "onmodel.bunnyhop.1"):
        prepared.collections.create(collection)
    done = invoke("-p", "bunny", "--yes")
    assert done.exit_code == 0, done.stderr
    assert "face collections: 1" in done.stderr
    assert prepared.collections.ids("") == ("onmodel.bunnyhop.1",)


def test_delete_faces_when_asked_then_those_of_the_production_alone(
    connection: Connection, prepared: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deleting, "open_stack", lambda *_arguments: connection)
    for collection in ("onmodel.bunny.1", "onmodel.bunnyhop.1"):
        prepared.collections.create(collection)
    for told in ("1 face collection of bunny deleted", "0 face collections of bunny deleted"):
        done = CliRunner().invoke(main.app, ["delete-faces", "-p", "Bunny"])
        assert done.exit_code == 0, done.stderr
        assert told in done.stderr
    assert prepared.collections.ids("") == ("onmodel.bunnyhop.1",)


def test_delete_production_when_its_film_left_a_detector_then_it_is_stopped(
    invoke, connection: Connection, prepared: FilmsInMemory
) -> None:
    """The film's execution is over, and reconcile has not come yet."""
    detectors = vars(connection.services)["detectors"] = prepared.detectors
    made = DetectorInMemory(prepared)
    made.ask()
    prepared.clock.advance(minutes=15)
    made.ask()
    done = invoke("-p", "bunny", "--yes")
    assert done.exit_code == 0, done.stderr
    prepared.clock.advance(minutes=3)
    assert detectors.running == []
    assert made.row().body.leases == ()

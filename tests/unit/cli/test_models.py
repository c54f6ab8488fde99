from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.clock import FixedClock
from fakes.detectors import MODEL, InMemoryDetectors
from fakes.films_in_memory import FilmsInMemory
from fakes.trainer import Only
from typer.testing import CliRunner

from onmodel.contracts.rows import (
    DatasetBody,
    DatasetStatus,
    DeploymentBody,
    DeploymentStage,
    TrainingBody,
    TrainingStage,
)
from onmodel.contracts.settings import Settings
from onmodel.contracts.trainings import Finding, TrainingSpec
from onmodel.environment import Models
from onmodel.films.folders import record_production
from onmodel.registry.kinds import DATASETS, DEPLOYMENTS, TRAININGS
from onmodel.registry.rows import BodyT, Rows, StatusT
from onmodel.trainers.bedrock.rules import BedrockRules
from onmodel.wiring import now
from onmodel_cli import doctor, main, models, status
from onmodel_cli.connection import Connection

ID = "d0001-0a1b2c3d"


class RecordingTrainer:
    """What the commands ask of a trainer."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def delete_model(self, model_ref: str) -> None:
        self.deleted.append(model_ref)


class RecordingScheduler:
    def __init__(self) -> None:
        self.moved: dict[str, object] = {}

    def move(self, name: str, when: object) -> None:
        self.moved[name] = when


@pytest.fixture
def trainer(connection: Connection) -> RecordingTrainer:
    made = RecordingTrainer()
    vars(connection.services)["trainers"] = Only(made)
    return made


@pytest.fixture
def scheduler(connection: Connection) -> RecordingScheduler:
    made = RecordingScheduler()
    vars(connection.services)["scheduler"] = made
    return made


@pytest.fixture
def invoke(connection: Connection, trainer, scheduler, monkeypatch: pytest.MonkeyPatch):
    for module in (models, status, doctor):
        monkeypatch.setattr(module, "open_stack", lambda *_arguments: connection)

    def call(*arguments: object, **options: str):
        return CliRunner().invoke(main.app, [str(argument) for argument in arguments], **options)

    return call


def put(
    world: FilmsInMemory, rows: Rows[BodyT, StatusT], identity: str, status: StatusT, body: BodyT
) -> None:
    rows.create(world.registry, "bunny", identity, status=status, body=body, now=now())


@pytest.fixture
def trained(world: FilmsInMemory) -> None:
    spec = TrainingSpec(
        production="bunny",
        dataset_id=ID,
        training_id=ID,
        manifest_uri="s3://studio/manifest.jsonl",
        output_uri="s3://studio/trainings/",
        hyperparameters=BedrockRules.presets["default"],
    )
    body = TrainingBody(dataset_id=ID, correlation_id="c", spec=spec, model_ref="model-1")
    put(world, TRAININGS, ID, TrainingStage.COMPLETED, body)


@pytest.fixture
def deployed(world: FilmsInMemory, trained: None) -> None:
    body = DeploymentBody(
        training_id=ID,
        name=f"{ID}-1",
        correlation_id="c",
        requested_at=now(),
        retires_at=now() + timedelta(hours=2),
        schedule_name="retire-it",
        hours=2,
        provisioning_at=now() - timedelta(hours=1),
        unit_usd_hour=60.5,
    )
    put(world, DEPLOYMENTS, f"{ID}-1", DeploymentStage.IN_SERVICE, body)


def payloads(world: FilmsInMemory) -> list[dict[str, object]]:
    return list(world.executions.payloads.values())


def test_deploy_when_asked_and_confirmed_starts_the_machine(invoke, world, trained) -> None:
    done = invoke("deploy", "-p", "bunny", "--hours", 1, input="y\n")
    assert done.exit_code == 0, done.stderr
    assert "$121.00" in done.stderr  # an hour and the half of creation, as two begun hours
    [payload] = payloads(world)
    assert payload["request"]["training_id"] == ID
    assert payload["request"]["hours"] == 1


def test_deploy_when_not_confirmed_starts_nothing(invoke, world, trained) -> None:
    assert invoke("deploy", "-p", "bunny", input="n\n").exit_code == 3
    assert payloads(world) == []


def test_deploy_when_nothing_is_trained_says_so(invoke, world) -> None:
    record_production("bunny", world.registry, now)
    done = invoke("deploy", "-p", "bunny", "--yes")
    assert done.exit_code == 3
    assert "There is no trained model of bunny" in done.stderr


def test_deploy_when_it_answers_already_starts_nothing(invoke, world, deployed) -> None:
    done = invoke("deploy", "-p", "bunny", "--yes")
    assert done.exit_code == 3
    assert f"{ID} is deployed already, as {ID}-1" in done.stderr
    assert payloads(world) == []


def test_deploy_when_an_older_model_is_replaced_then_it_is_retired_before_the_new_one_starts(
    invoke, world, deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = TRAININGS.require(world.registry, "bunny", ID)
    newer = "d0002-0a1b2c3d"
    body = older.body.model_copy(update={"dataset_id": newer})
    put(world, TRAININGS, newer, TrainingStage.COMPLETED, body)
    order: list[str] = []
    started = world.executions.start

    def start(machine: str, name: str, payload: dict) -> bool:
        order.append(machine.rpartition(":")[2])
        if order[-1] == "RetireModel":
            row = DEPLOYMENTS.require(world.registry, "bunny", f"{ID}-1")
            gone = row.with_status(DeploymentStage.RETIRED).with_fields(estimated_usd=121.0)
            DEPLOYMENTS.replace(world.registry, gone, now())
        return started(machine, name, payload)

    monkeypatch.setattr(world.executions, "start", start)
    done = invoke("deploy", "-p", "bunny", "--replace", "--training", newer, input="y\n")
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert f"{ID}-1 is retired first. Deploy it?" in said
    assert f"{ID}-1 is gone. Estimated bill $121.00." in said
    assert order == ["RetireModel", "DeployModel"]
    assert payloads(world)[-1]["request"]["training_id"] == newer


def test_extend_when_in_service_moves_row_and_schedule(invoke, world, deployed, scheduler) -> None:
    done = invoke("extend", "-p", "bunny", "--hours", 5)
    assert done.exit_code == 0, done.stderr
    end = DEPLOYMENTS.require(world.registry, "bunny", f"{ID}-1").body.retires_at
    assert timedelta(hours=4.9) < end - now() < timedelta(hours=5.1)
    assert set(scheduler.moved) == {"retire-it"}


def test_retire_when_deployed_starts_the_machine_and_waits(invoke, world, deployed) -> None:
    row = DEPLOYMENTS.require(world.registry, "bunny", f"{ID}-1")
    assert invoke("retire", "-p", "bunny", "--no-wait").exit_code == 0
    assert payloads(world)[0]["deployment"]["deployment_id"] == f"{ID}-1"
    gone = row.with_status(DeploymentStage.RETIRED).with_fields(estimated_usd=121.0)
    DEPLOYMENTS.replace(world.registry, gone, now())
    assert invoke("retire", "-p", "bunny").exit_code == 3  # nothing is deployed any more


def test_delete_model_when_deployed_is_refused(invoke, world, deployed, trainer) -> None:
    done = invoke("delete-model", "-p", "bunny", "--yes")
    assert done.exit_code == 3
    assert "onmodel retire" in done.stderr
    assert trainer.deleted == []


def test_delete_model_when_free_deletes_it_and_says_so(invoke, world, trained, trainer) -> None:
    assert invoke("delete-model", "-p", "bunny", "--yes").exit_code == 0
    assert trainer.deleted == ["model-1"]
    assert TRAININGS.require(world.registry, "bunny", ID).status == TrainingStage.GONE


def test_status_when_a_model_is_deployed_tells_what_bills(invoke, deployed) -> None:
    answer = json.loads(invoke("status", "--json").stdout)
    assert [line["id"] for line in answer["billing"]] == [f"{ID}-1"]
    assert answer["billing"][0]["usd_per_hour"] == 60.5
    assert answer["billing"][0]["usd"] == pytest.approx(60.5, rel=0.01)
    assert "costs $60.50 an hour" in invoke("status").stdout


@pytest.mark.parametrize(
    "stage", [DeploymentStage.PLANNED, DeploymentStage.CREATING, DeploymentStage.RETIRING]
)
def test_status_when_nothing_was_made_then_shows_no_price(invoke, world, deployed, stage) -> None:
    row = DEPLOYMENTS.require(world.registry, "bunny", f"{ID}-1")
    refused = row.with_status(stage).with_fields(provisioning_at=None)
    DEPLOYMENTS.replace(world.registry, refused, now())
    answer = json.loads(invoke("status", "--json").stdout)
    assert answer["billing"] == []
    (line,) = [line for line in answer["lines"] if line["kind"] == "deployment"]
    assert (line["usd"], line["usd_per_hour"]) == (None, None)
    shown = invoke("status").stdout
    assert "$60.50" not in shown and "Nothing is billing by the hour." in shown


def test_status_when_nothing_is_known_says_how_to_begin(invoke) -> None:
    assert "Upload a film" in invoke("status").stdout


def test_costs_when_a_model_is_deployed_counts_it(invoke, deployed) -> None:
    answer = json.loads(invoke("costs", "-p", "bunny", "--json").stdout)
    assert answer["total_usd"] == pytest.approx(60.5, rel=0.01)


def test_quote_when_given_a_film_needs_no_stack(film: Path) -> None:
    done = CliRunner().invoke(main.app, ["quote", str(film), "--json"])
    answer = json.loads(done.stdout)
    assert set(answer) == {"prepare", "caption and train", "deploy", "measure", "total"}
    assert float(answer["prepare"]["bill"]["total_usd"]) > 0


def test_costs_when_a_training_was_quoted_counts_its_captions_once(invoke, world, trained) -> None:
    body = DatasetBody(
        generation_id="g0001", correlation_id="c", pictures=9, named={}, films=("a",),
        to_caption_key="x", captions_needed=9, estimated_usd=0.14,
    )  # fmt: skip
    put(world, DATASETS, ID, DatasetStatus.READY, body)
    quoted = TRAININGS.require(world.registry, "bunny", ID).with_fields(quoted_usd=22.0)
    TRAININGS.replace(world.registry, quoted, now())
    answer = json.loads(invoke("costs", "-p", "bunny", "--json").stdout)
    assert answer["total_usd"] == 22.0


@pytest.mark.parametrize(
    ("model", "foundation", "needed"),
    [
        ("amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0", None),
        ("us.amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0", None),
        ("us.amazon.nova-2-lite-v1:0", "amazon.nova-pro-v1:0", "amazon.nova-2-lite-v1:0"),
        ("amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0", "amazon.nova-lite-v1:0"),
        ("us.amazon.nova-pro-v1:0", "us.amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0"),
    ],
)
def test_doctor_when_the_caption_model_is_not_allowed_then_says_which_must_be(
    connection: Connection, model: str, foundation: str, needed: str | None
) -> None:
    models_ = connection.environment.read(Models).model_copy(
        update={"caption_model_id": model, "caption_foundation_model_id": foundation}
    )
    findings = doctor.look_at_captions(models_)
    assert [finding.blocking for finding in findings] == [True] * (needed is not None)
    assert all(f"CaptionFoundationModelId={needed}." in found.advice for found in findings)


class CheckedTrainer:
    """Answers one preflight."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings

    def hyperparameters(self, *_: object) -> dict[str, object]:
        return {}

    def preflight(self, _plan: object) -> tuple[Finding, ...]:
        return self.findings


def test_doctor_when_one_of_two_trainers_can_train_then_shows_both_and_says_that_it_is_possible(
    invoke, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = Finding(code="ended", blocking=True, reason="AWS ended it", advice="Choose another.")
    vars(connection.services)["trainers"] = {
        "bedrock": CheckedTrainer(ended), "sagemaker": CheckedTrainer(),
    }  # fmt: skip
    sizes = doctor.AccountQuotas(executions=10, labels_per_second=5)
    monkeypatch.setattr(doctor, "read_quotas", lambda *_: sizes)
    monkeypatch.setattr(doctor, "propose", lambda *_: ())
    monkeypatch.setattr(doctor, "look_at_captions", lambda *_: ())
    shown = invoke("doctor").stdout
    assert "bedrock cannot train today\n✗ AWS ended it. Choose another." in shown
    assert "sagemaker can train today" in shown
    assert "✓ On this local stack" in shown
    asked = json.loads(invoke("doctor", "--json").stdout)
    assert (asked["possible"], asked["trainers"]) == (True, {"bedrock": False, "sagemaker": True})

    vars(connection.services)["trainers"] = {"bedrock": CheckedTrainer(ended)}
    assert json.loads(invoke("doctor", "--json").stdout)["possible"] is False


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("TRAINING_IN_PROGRESS", "cannot be started: it is TRAINING_IN_PROGRESS"),
        (None, "does not exist (any more)"),
        ("STOPPED", ""),
        ("RUNNING", ""),
    ],
)
def test_doctor_when_the_finder_asks_a_custom_labels_model_then_says_whether_it_can(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, state: str | None, reason: str
) -> None:
    detectors = InMemoryDetectors(FixedClock())
    detectors.models[MODEL] = state  # type: ignore[assignment]
    vars(connection.services)["detectors"] = detectors
    finder = {"kind": "custom_labels", "custom_labels": {"model": MODEL}}
    monkeypatch.setattr(doctor, "_settings", lambda *_: Settings.model_validate({"finder": finder}))
    findings = doctor.look_at_detector(connection, None)
    assert [found.reason for found in findings] == ([f"{MODEL} {reason}"] if reason else [])

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from fakes.films_in_memory import FilmsInMemory
from fakes.sagemaker_control_plane import SageMakerControlPlane
from typer.testing import CliRunner

from onmodel.adapters.clients import make_client
from onmodel.contracts.weights import (
    WeightsListing,
    WheelsListing,
    weights_prefix,
    wheels_prefix,
)
from onmodel.deployments.deletion import begin_deletion
from onmodel.environment import Environment
from onmodel.trainers.sagemaker.code import REQUIREMENTS, read_code
from onmodel.wiring import now
from onmodel_cli import main, preparing
from onmodel_cli.connection import Connection

IMAGE = "pytorch:2.13-cu133-amzn2023-sagemaker"
ADDRESS = f"763104351884.dkr.ecr.us-east-1.amazonaws.com/{IMAGE}"
REQUIREMENTS_SHA256 = hashlib.sha256(read_code()[REQUIREMENTS]).hexdigest()


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> SageMakerControlPlane:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = make_client("sagemaker", region="us-east-1")
    made = SageMakerControlPlane(client)
    vars(made)["client"] = client
    return made


def put_weights(world: FilmsInMemory) -> None:
    listing = WeightsListing(
        model="m", revision="1", licence="apache-2.0", origin="hub", files={}, sizes={}
    )
    key = f"{weights_prefix()}weights.json"
    world.studio.put(key, listing.model_dump_json().encode(), "application/json")


def put_wheels(world: FilmsInMemory) -> None:
    listing = WheelsListing(
        requirements_sha256=REQUIREMENTS_SHA256, image=ADDRESS, origin="hub", files={}, sizes={}
    )
    key = f"{wheels_prefix(REQUIREMENTS_SHA256)}wheels.json"
    world.studio.put(key, listing.model_dump_json().encode(), "application/json")


@pytest.fixture
def invoke(
    world: FilmsInMemory,
    connection: Connection,
    plane: SageMakerControlPlane,
    monkeypatch: pytest.MonkeyPatch,
):
    """The command; while it waits, the job ends as `ends` says."""
    variables = {
        "STACK_NAME": "onmodel", "STUDIO_BUCKET": "studio", "AWS_REGION": "us-east-1",
        "JOB_ROLE_ARN": "arn:aws:iam::123456789012:role/jobs", "TRAINING_IMAGE": IMAGE,
        "PREPARE_ROLE_ARN": "arn:aws:iam::123456789012:role/prepare",
    }  # fmt: skip
    vars(connection)["environment"] = Environment(variables)
    connection.services.client = lambda _service: vars(plane)["client"]  # type: ignore[method-assign]
    monkeypatch.setattr(preparing, "open_stack", lambda *_arguments: connection)
    ends: dict[str, Any] = {"status": "Completed"}

    def sleep(_seconds: float) -> None:
        if ends["status"] == "Completed":
            put_weights(world)
            put_wheels(world)
        for name in plane.jobs:
            plane.end(name, **ends)

    monkeypatch.setattr(preparing.time, "sleep", sleep)

    def call(*arguments: object, answer: str = "", **end: Any):
        ends.update(end)
        words = ["trainer", "prepare", *(str(argument) for argument in arguments)]
        return CliRunner().invoke(main.app, words, input=answer)

    return call


def test_prepare_when_agreed_then_price_first_and_complete_at_the_end(invoke, plane) -> None:
    done = invoke(answer="y\n", seconds=1800)
    assert done.exit_code == 0, done.stderr
    before, _, after = done.stderr.partition("Start the job?")
    assert "Instance of SageMaker, in hours  0.75  $0.17 (unsure)" in before
    assert "Storage, in GB and months  16  $0.37" in before
    assert "2 h at the latest" in before
    assert "Weights and packages are complete. Estimated bill $0.06." in after
    (job,) = plane.jobs.values()
    assert job["RoleArn"].endswith(":role/prepare")
    assert job["EnableNetworkIsolation"] is False


def test_prepare_when_declined_then_nothing_is_started(invoke, plane) -> None:
    assert invoke(answer="n\n").exit_code == 3
    assert plane.jobs == {}


def test_prepare_when_complete_then_nothing_is_started(invoke, plane, world) -> None:
    put_weights(world)
    put_wheels(world)
    done = invoke("--yes")
    assert done.exit_code == 0, done.stderr
    assert "complete in the studio bucket" in done.stderr
    assert plane.jobs == {}


def test_prepare_when_the_stack_is_being_deleted_then_nothing_is_started(
    invoke, plane, connection
) -> None:
    begin_deletion(connection.registry, now)
    done = invoke("--yes")
    assert (done.exit_code, plane.jobs) == (3, {})
    assert "The stack is being deleted" in done.stderr


def test_prepare_when_a_deletion_begins_meanwhile_then_the_new_job_is_stopped(
    invoke, plane, connection
) -> None:
    create = plane._create_training_job

    def created(ask: Any) -> Any:
        answer = create(ask)
        begin_deletion(connection.registry, now)  # the guard has listed jobs by now
        return answer

    plane._create_training_job = created
    done = invoke("--yes")
    assert done.exit_code == 3
    assert [job["TrainingJobStatus"] for job in plane.jobs.values()] == ["Stopping"]


def test_prepare_when_one_runs_already_then_followed_and_no_second_is_started(
    invoke, plane
) -> None:
    assert invoke("--yes", "--no-wait").exit_code == 0
    done = invoke("--yes")
    assert done.exit_code == 0, done.stderr
    assert "A preparation runs already." in done.stderr
    assert len(plane.jobs) == 1


def test_prepare_when_the_job_fails_then_its_sentence_and_what_to_do(invoke, plane) -> None:
    reason = "AlgorithmError: a is not the file that the hub declares, exit code: 1"
    done = invoke("--yes", status="Failed", reason=reason)
    assert done.exit_code == 3
    assert "The job ended: a is not the file that the hub declares. Estimated bill" in done.stderr
    assert "finished files are not fetched a second time" in done.stderr


def test_prepare_when_sagemaker_has_no_quota_then_refused_and_nothing_bills(invoke, plane) -> None:
    plane.fault("CreateTrainingJob", "ResourceLimitExceeded")
    done = invoke("--yes")
    assert done.exit_code == 3
    assert "SageMaker refuses the job" in done.stderr


def test_prepare_when_local_then_starts_no_job(invoke, plane) -> None:
    done = invoke("--local")
    assert done.exit_code == 3
    assert "onmodel local up" in done.stderr
    assert plane.jobs == {}


def test_prepare_when_folders_are_given_then_uploaded_by_the_job_s_own_program(
    invoke, plane, world, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], _environment: object) -> int:
        ran.append(command)
        (put_weights if "--weights-from" in command else put_wheels)(world)
        return 0

    monkeypatch.setattr(preparing, "_shown", run)
    done = invoke("--from", tmp_path / "model", "--wheels-from", tmp_path / "wheels")
    assert done.exit_code == 0, done.stderr
    assert plane.jobs == {}
    for command, kind in zip(ran, ("weights", "wheels"), strict=True):
        assert command[1].endswith("/trainer/prepare.py")
        given = dict(zip(command[2::2], command[3::2], strict=True))
        assert (given["--only"], given["--bucket"]) == (kind, "studio")
        assert given["--image"] == ADDRESS


def test_prepare_when_a_folder_is_no_model_then_the_program_s_sentence(
    invoke, plane, tmp_path: Path
) -> None:
    done = invoke("--from", tmp_path)
    assert done.exit_code == 3
    assert "has no model_index.json: give the folder of a diffusers pipeline" in " ".join(
        done.stderr.split()
    )

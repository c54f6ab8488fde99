"""train.py and draw.py, run by the simulated SageMaker on the tiny model."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from training_jobs import (
    BUCKET,
    allow,
    channel,
    fill_bucket,
    keys,
    make_role,
    read,
    training,
    until,
)

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.stack import LocalStack
from onmodel_local.trainer_files import link_weights


@pytest.fixture(scope="module")
def stack(trainer_python: str, tiny_model: Path) -> Iterator[LocalStack]:
    settings = SimulationSettings(
        training_program="trainer", trainer_python=trainer_python, training_quota=4
    )
    with LocalStack(settings=settings) as made:
        fill_bucket(made)
        put_folder(made, tiny_model, "tiny")
        yield made


@pytest.fixture(scope="module")
def role(stack: LocalStack) -> str:
    return make_role(
        stack, "job", "sagemaker.amazonaws.com",
        allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"], "*"),
    )  # fmt: skip


def put_folder(stack: LocalStack, folder: Path, prefix: str) -> None:
    s3 = stack.client("s3")
    for path in folder.rglob("*"):
        if path.is_file():
            key = f"{prefix}/{path.relative_to(folder).as_posix()}"
            s3.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())


def real_training(role: str, model: str = "tiny") -> dict[str, Any]:
    request = training(role)
    inputs = [channel("code"), channel("wheels"), channel("model", model), channel("dataset")]
    return request | {"InputDataConfig": inputs}


def start(stack: LocalStack, request: dict[str, Any]) -> str:
    stack.client("sagemaker").create_training_job(**request)
    return str(request["TrainingJobName"])


def test_job_when_killed_then_another_one_resumes_and_the_adapter_draws(
    stack: LocalStack, role: str
) -> None:
    request = real_training(role)
    stack.control("sagemaker/fail", {"how": "killed"})
    first = start(stack, request)
    job = until(stack, first, "Failed", "Completed")
    assert job["FailureReason"] == "AlgorithmError: , exit code: 137"
    reached = [key for key in keys(stack, f"checkpoints/{first}/") if key.endswith("state.json")]
    assert reached
    second = f"{first}-2"
    start(stack, request | {"TrainingJobName": second})  # with the first one's checkpoints
    job = until(stack, second, "Completed", "Failed")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    newest = max(reached).removeprefix("step-").partition("/")[0]
    assert f"from_step={int(newest)} resolution=128" in stack.log.read_text()
    adapter = json.loads(read(stack, f"out/{second}/output/model/adapter.json"))
    assert adapter["base"]["model"] == "onmodel/tiny-klein-random"
    assert adapter["steps"] == 20

    panel = {"id": "1", "prompt": "Buck hops", "seed": 1, "width": 256, "height": 256}
    told = json.dumps({"arm": "tuned", "panels": [panel]}).encode()
    stack.client("s3").put_object(Bucket=BUCKET, Key="board/storyboard.json", Body=told)
    request = real_training(role)
    request["InputDataConfig"] = [
        channel("code"), channel("model", "tiny"), channel("storyboard", "board"),
        channel("adapter", f"out/{second}/output/model"),
    ]  # fmt: skip
    program = ["draw.py", "--adapter", "/opt/ml/input/data/adapter"]
    request["AlgorithmSpecification"]["ContainerArguments"] = program
    third = start(stack, request)
    job = until(stack, third, "Completed", "Failed")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    line = json.loads(read(stack, f"checkpoints/{third}/panels.jsonl"))
    assert line["notice"] == "tiny model with random weights: its pictures are noise"
    assert line["adapter"] == adapter["files"]["pytorch_lora_weights.safetensors"]


def test_files_when_scripted_then_the_same_as_those_of_the_real_programs(
    stack: LocalStack, role: str
) -> None:
    made: dict[str, tuple[set[str], set[str], str]] = {}
    for program in ("trainer", "scripted"):
        stack.control("simulation-settings", {"training_program": program, "training_seconds": 1})
        name = start(stack, real_training(role))
        job = until(stack, name, "Completed", "Failed")
        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
        output = f"out/{name}/output/model/"
        about = json.loads(read(stack, f"{output}adapter.json"))
        names = {part for key, value in about.items() for part in (key, *_keys(key, value))}
        csv = read(stack, f"{output}step_wise_training_metrics.csv").decode()
        files = {key for key in keys(stack, output) if "step-" not in key}
        made[program] = names, files, csv.partition("\n")[0]
    stack.control("simulation-settings", {"training_program": "trainer"})
    assert made["trainer"] == made["scripted"]


def _keys(name: str, value: Any) -> list[str]:
    if name in ("versions", "files") or not isinstance(value, dict):
        return []
    return [f"{name}.{key}" for key in value]


def test_job_when_the_loss_is_no_number_then_failed_in_one_sentence(
    stack: LocalStack, role: str
) -> None:
    stack.control("sagemaker/fail", {"how": "nan"})
    job = until(stack, start(stack, real_training(role)), "Failed", "Completed")
    assert "The loss is no number any more at step" in job["FailureReason"]


def test_job_when_weights_are_a_folder_of_the_user_then_it_is_read_where_it_is(
    stack: LocalStack, role: str, tiny_model: Path, tmp_path: Path
) -> None:
    pipeline = tmp_path / "my-weights"
    shutil.copytree(tiny_model, pipeline, copy_function=os.symlink)  # as the hub's own cache does
    (pipeline / "weights.json").unlink()
    linked = link_weights(pipeline, tmp_path)
    stack.control("simulation-settings", {"weights_folder": str(linked)})
    prefix = "trainers/sagemaker/weights/klein/1"
    stack.client("s3").put_object(Bucket=BUCKET, Key=f"{prefix}/weights.json", Body=b"{}")
    request = real_training(role, prefix)
    recipe = {"steps": 2, "resolution": 64, "small_resolution": 64, "rank": 2, "alpha": 2}
    s3 = stack.client("s3")
    for key in keys(stack, "dataset/"):
        s3.put_object(Bucket=BUCKET, Key=f"few/{key}", Body=read(stack, f"dataset/{key}"))
    s3.put_object(Bucket=BUCKET, Key="few/recipe.json", Body=json.dumps(recipe).encode())
    request["InputDataConfig"][3] = channel("dataset", "few")
    name = start(stack, request)
    job = until(stack, name, "Completed", "Failed")
    stack.control("simulation-settings", {"weights_folder": ""})
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    about = json.loads(read(stack, f"out/{name}/output/model/adapter.json"))
    assert (about["base"]["model"], about["base"]["notice"]) == ("my-weights", "")
    assert about["recipe"]["steps"] == 2

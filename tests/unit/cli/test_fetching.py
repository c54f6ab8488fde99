import hashlib
import json
from pathlib import Path

import pytest
from fakes.films_in_memory import FilmsInMemory
from typer.testing import CliRunner

from onmodel.contracts.rows import TrainingBody, TrainingStage
from onmodel.contracts.trainings import TrainingSpec
from onmodel.registry.kinds import TRAININGS
from onmodel.wiring import now
from onmodel_cli import fetching, main
from onmodel_cli.connection import Connection

ID = "d0001-0a1b2c3d"
FOLDER = f"bunny/trainings/{ID}/job/output/model/"
FILES = {
    "pytorch_lora_weights.safetensors": b"weights",
    "BASE_MODEL_LICENSE.md": b"Apache License",
    "sample-01.png": b"picture",
    "step_wise_training_metrics.csv": b"step_number\n",
    "checkpoints/step-000500.safetensors": b"of step 500",
}


def put_training(world: FilmsInMemory, model_ref: str, trainer: str) -> None:
    spec = TrainingSpec(
        production="bunny", dataset_id=ID, training_id=ID, hyperparameters={},
        manifest_uri="s3://studio/m.jsonl", output_uri="s3://studio/o/",
    )  # fmt: skip
    body = TrainingBody(
        dataset_id=ID, correlation_id="c", spec=spec, model_ref=model_ref, trainer=trainer
    )
    TRAININGS.create(
        world.registry, "bunny", ID, status=TrainingStage.COMPLETED, body=body, now=now()
    )


@pytest.fixture
def trained(world: FilmsInMemory) -> None:
    """A finished training whose files are in the studio bucket."""
    put_training(world, f"s3://studio/{FOLDER}", "sagemaker")
    about = {
        "adapter": "pytorch_lora_weights.safetensors",
        "base": {"model": "lab/klein", "revision": "abc", "licence": "apache-2.0"},
        "dataset": {"pictures": 40, "held_out": 3},
        "recipe": {"rank": 32},
        "steps": 1200,
        "chosen": {"step": 900, "reason": "its validation loss is the lowest"},
        "files": {name: hashlib.sha256(body).hexdigest() for name, body in FILES.items()},
    }
    world.studio.put(f"{FOLDER}adapter.json", json.dumps(about).encode(), "application/json")
    for name, body in FILES.items():
        world.studio.put(f"{FOLDER}{name}", body, "application/octet-stream")


@pytest.fixture
def invoke(connection: Connection, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetching, "open_stack", lambda *_arguments: connection)

    def call(*arguments: object):
        return CliRunner().invoke(main.app, [str(argument) for argument in arguments])

    return call


def test_fetch_when_trained_then_adapter_licence_and_card_without_other_checkpoints(
    invoke, trained, tmp_path: Path
) -> None:
    done = invoke("model", "fetch", "-p", "bunny", tmp_path)
    assert done.exit_code == 0, done.stderr
    here = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    card = here.pop("README.md").decode()
    assert json.loads(here.pop("adapter.json"))["steps"] == 1200
    assert here == {name: FILES[name] for name in FILES if not name.startswith("checkpoints/")}
    assert "license: apache-2.0" in card
    assert "40\npictures (3 more held out)" in card
    assert 'from_pretrained("lab/klein", revision="abc")' in card


def test_fetch_when_a_file_was_changed_then_refused(invoke, world, trained, tmp_path) -> None:
    world.studio.put(f"{FOLDER}sample-01.png", b"another", "image/png")
    done = invoke("model", "fetch", "-p", "bunny", tmp_path)
    assert done.exit_code == 3
    assert "sample-01.png is not the file that adapter.json names" in done.stderr


def test_fetch_when_the_model_was_deleted_then_says_how_to_get_another(
    invoke, world, trained, tmp_path
) -> None:
    world.studio.delete_prefix(FOLDER)
    done = invoke("model", "fetch", "-p", "bunny", tmp_path)
    assert done.exit_code == 3
    assert "no longer in the studio bucket" in done.stderr


def test_fetch_when_the_listing_names_a_place_outside_then_nothing_is_written_there(
    invoke, world, trained, tmp_path
) -> None:
    about = json.loads(world.studio.get(f"{FOLDER}adapter.json"))
    about["files"] = {"../outside.txt": "0" * 64}
    world.studio.put(f"{FOLDER}adapter.json", json.dumps(about).encode(), "application/json")
    assert invoke("model", "fetch", "-p", "bunny", tmp_path / "in").exit_code == 4
    assert not (tmp_path / "outside.txt").exists()


def test_fetch_when_bedrock_keeps_the_model_then_says_what_can_be_copied(
    invoke, world, tmp_path
) -> None:
    put_training(world, "arn:aws:bedrock:us-east-1:1:custom-model/m", "bedrock")
    done = invoke("model", "fetch", "-p", "bunny", tmp_path)
    assert done.exit_code == 3
    assert "kept by bedrock, which gives out no weights" in done.stderr
    assert f"onmodel export --production bunny --dataset {ID}" in done.stderr.replace("\n", " ")


def test_fetch_when_a_storyboard_chose_a_checkpoint_then_it_is_the_adapter_and_the_card_says_why(
    invoke, world: FilmsInMemory, trained, tmp_path: Path
) -> None:
    row = TRAININGS.require(world.registry, "bunny", ID)
    chosen = row.with_fields(checkpoint=500, checkpoint_reason="forest-1: identity 0.80")
    TRAININGS.replace(world.registry, chosen, now())
    assert invoke("model", "fetch", "-p", "bunny", tmp_path).exit_code == 0
    weights = (tmp_path / "pytorch_lora_weights.safetensors").read_bytes()
    assert weights == FILES["checkpoints/step-000500.safetensors"]
    about = json.loads((tmp_path / "adapter.json").read_text(encoding="utf-8"))
    assert about["files"][about["adapter"]] == hashlib.sha256(weights).hexdigest()
    card = " ".join((tmp_path / "README.md").read_text(encoding="utf-8").split())
    assert "chosen is 500: forest-1: identity 0.80." in card


def test_fetch_when_the_chosen_checkpoint_is_not_listed_then_refused(
    invoke, world: FilmsInMemory, trained, tmp_path: Path
) -> None:
    row = TRAININGS.require(world.registry, "bunny", ID)
    TRAININGS.replace(world.registry, row.with_fields(checkpoint=250), now())
    answer = invoke("model", "fetch", "-p", "bunny", tmp_path)
    assert answer.exit_code == 3
    assert "names no checkpoints/step-000250.safetensors" in answer.stderr

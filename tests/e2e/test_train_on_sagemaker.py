"""From a film to a storyboard by SageMaker's jobs, hands-off; scripts stand for the programs."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from drawn.films import DrawnFilm
from drawn.references import SETTINGS, cut_references
from e2e.deployed_stack import DeployedStack, wait_until

from onmodel.contracts.keys import StoryboardKeys
from onmodel.contracts.rows import Kind
from onmodel.ports.registry import Record

PRODUCTION = "clay"
SECONDS = 240.0
ARMS = b"images: 1\narms: [tuned, references, base]\nscenes: [Mira walks, Otto sits]\n"


def one(studio: DeployedStack, kind: Kind, ended: set[str], start: str = "") -> Record:
    """The one row of a kind whose id begins so, when it has one of these statuses."""

    def rows() -> list[Record]:
        found = studio.registry.list(PRODUCTION, kind)
        return [row for row in found if row.status in ended and row.id.startswith(start)]

    wait_until(lambda: bool(rows()), lambda: studio.state_of(PRODUCTION), seconds=SECONDS)
    (row,) = rows()
    return row


@pytest.fixture(scope="module")
def trained(studio: DeployedStack, drawn: DrawnFilm) -> Record:
    """A training on SageMaker of a production that nobody touched after its film landed."""
    for name, picture in cut_references(drawn).items():
        studio.upload(f"{PRODUCTION}/characters/{name}", picture)
    settings = SETTINGS + b"training: {trainer: sagemaker}\n"
    studio.upload(f"{PRODUCTION}/settings.yaml", settings)
    wait_until(
        lambda: len(list(studio.registry.list(PRODUCTION, Kind.REFERENCE))) == 6,
        lambda: studio.state_of(PRODUCTION),
    )
    studio.upload(f"{PRODUCTION}/films/drawn.mp4", drawn.path.read_bytes())
    return one(studio, Kind.TRAINING, {"completed", "failed", "impossible"})


@pytest.fixture(scope="module")
def first_board(studio: DeployedStack, trained: Record) -> Record:
    return one(studio, Kind.STORYBOARD, {"drawn", "failed"})


def panels(studio: DeployedStack, board: Record, arm: str) -> list[dict[str, object]]:
    """What the drawing job wrote of each picture of an arm."""
    take = StoryboardKeys(PRODUCTION, board.body["name"], board.body["take"]).take
    found = [
        info.key
        for info in studio.store.list(f"{take}/")
        if info.key.endswith(f"/checkpoints/{arm}/panels.jsonl")
    ]
    return [json.loads(line) for key in found for line in studio.store.get(key).splitlines()]


def test_training_when_a_film_landed_then_one_job_made_an_adapter(
    studio: DeployedStack, trained: Record
) -> None:
    assert trained.status == "completed", trained.body
    assert trained.body["trainer"] == "sagemaker"
    model = trained.body["model_ref"].removeprefix(f"s3://{studio.store.bucket}/")
    adapter = json.loads(studio.store.get(f"{model}adapter.json"))
    assert adapter["base"]["model"] == "onmodel/scripted-job-no-model"
    assert adapter["dataset"]["pictures"] >= 5


def test_first_storyboard_when_trained_then_drawn_by_one_job_and_nothing_bills(
    studio: DeployedStack, first_board: Record
) -> None:
    assert first_board.status == "drawn", first_board.body
    assert panels(studio, first_board, "tuned")
    (training,) = studio.registry.list(PRODUCTION, Kind.TRAINING)
    assert b"<svg" in studio.store.get(training.body["loss_curve_key"])
    assert list(studio.registry.list(PRODUCTION, Kind.DEPLOYMENT)) == []
    assert studio.stack.control("billing")["sagemaker"] == []
    jobs = [job["TrainingJobName"] for job in studio.stack.control("sagemaker")["jobs"]]
    kinds = Counter(name.split("-")[-2] for name in jobs)
    assert kinds == {"train": 1, "draw": 1}


def test_storyboard_when_it_has_three_arms_then_one_job_draws_each(
    studio: DeployedStack, first_board: Record
) -> None:
    studio.upload(f"{PRODUCTION}/storyboards/arms.yaml", ARMS)
    board = one(studio, Kind.STORYBOARD, {"drawn", "failed"}, "arms")
    assert board.status == "drawn", board.body
    for arm in ("tuned", "references", "base"):
        lines = panels(studio, board, arm)
        assert [line["arm"] for line in lines] == [arm, arm]
        assert all("error" not in line for line in lines), lines
    assert all(line["references"] for line in panels(studio, board, "references"))
    take = StoryboardKeys(PRODUCTION, board.body["name"], board.body["take"])
    page = studio.store.get(take.gallery).decode()
    for label in ("the trained model", "given to the untrained model", "untrained model alone"):
        assert page.count(f"{label}</h4>") == 2
    assert "scripted job: no model drew this" in page
    assert studio.stack.control("billing")["sagemaker"] == []


def test_training_when_the_job_was_refused_capacity_then_told_and_nothing_bills(
    studio: DeployedStack, first_board: Record, drawn: DrawnFilm
) -> None:
    """A second production, whose job gets no instance."""
    studio.stack.control("sagemaker/fail", {"how": "no capacity"})
    settings = SETTINGS + b"training: {trainer: sagemaker, include_unnamed: true}\n"
    studio.upload("lack/settings.yaml", settings)
    studio.upload("lack/films/drawn.mp4", drawn.path.read_bytes())

    def failed() -> list[Record]:
        found = studio.registry.list("lack", Kind.TRAINING)
        return [row for row in found if row.status in {"failed", "completed", "stopped"}]

    wait_until(lambda: bool(failed()), lambda: studio.state_of("lack"), seconds=SECONDS)
    (training,) = failed()
    assert training.status == "failed"
    assert "CapacityError" in training.body["reason"]
    assert studio.stack.control("billing")["sagemaker"] == []


def test_functions_when_all_is_done_then_those_of_jobs_were_called_and_none_was_denied(
    studio: DeployedStack, first_board: Record
) -> None:
    """The local stack asks IAM: what ended well, ended well with its own role."""
    called, denied = studio.called_functions()
    assert denied == []
    assert {"quote_drawing", "start_drawing", "check_drawing"} <= called

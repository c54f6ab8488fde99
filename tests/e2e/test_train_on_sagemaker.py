"""From a film to a storyboard by SageMaker's jobs, hands-off; scripts stand for the programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest
from click.testing import Result
from drawn.films import DrawnFilm
from drawn.references import SETTINGS, cut_references
from e2e.deployed_stack import DeployedStack, behind_the_link
from e2e.test_delete_production import delete, left
from waiting import wait_until

from onmodel.contracts.drawings import arm_of_step
from onmodel.contracts.keys import StoryboardKeys
from onmodel.contracts.rows import Kind
from onmodel.ports.registry import Record
from onmodel.storyboards.first import FIRST_STORYBOARD
from onmodel_local.mail import CaughtMail

PRODUCTION = "clay"
ENDED = {"completed", "failed", "stopped", "impossible"}
ARMS = b"images: 1\narms: [tuned, references, base, checkpoints]\nscenes: [Mira walks, Otto sits]\n"


def one(
    studio: DeployedStack,
    kind: Kind,
    ended: set[str],
    start: str = "",
    production: str = PRODUCTION,
) -> Record:
    """The one row of a kind whose id begins so, when it has one of these statuses."""

    def rows() -> list[Record]:
        found = studio.registry.list(production, kind)
        return [row for row in found if row.status in ended and row.id.startswith(start)]

    wait_until(lambda: bool(rows()), lambda: studio.state_of(production))
    (row,) = rows()
    return row


@pytest.fixture(scope="module")
def trained(studio: DeployedStack, drawn: DrawnFilm) -> Record:
    """A training on SageMaker, reviewed by a simulated worker of A2I; nobody else did anything."""
    for name, picture in cut_references(drawn).items():
        studio.upload(f"{PRODUCTION}/characters/{name}", picture)
    settings = SETTINGS + b"training: {trainer: sagemaker, min_per_character: 1}\nreview: a2i\n"
    studio.upload(f"{PRODUCTION}/settings.yaml", settings)
    wait_until(
        lambda: len(list(studio.registry.list(PRODUCTION, Kind.REFERENCE))) == 6,
        lambda: studio.state_of(PRODUCTION),
    )
    studio.upload(f"{PRODUCTION}/films/drawn.mp4", drawn.path.read_bytes())
    return one(studio, Kind.TRAINING, ENDED)


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
    assert trained.body["usage"][0]["item"].startswith("sagemaker.ml.")
    (asked,) = studio.registry.list(PRODUCTION, Kind.APPROVAL)  # the price is within the limit
    assert (asked.body["purpose"], asked.status) == ("review", "approved")


def test_review_when_a_work_team_did_it_then_its_answers_are_kept_for_the_production(
    studio: DeployedStack, trained: Record
) -> None:
    loops = list(studio.registry.list(PRODUCTION, Kind.HUMAN_LOOP))
    assert {loop.status for loop in loops} == {"completed"}
    shown = {crop for loop in loops for crop in loop.body["crop_ids"]}
    decided = {row.id: row.body for row in studio.registry.list(PRODUCTION, Kind.REVIEW)}
    assert decided.keys() == shown
    assert {body["verdict"] for body in decided.values()} == {"kept"}
    (mail,) = studio.wait_for_mails(f"Are the pictures and captions of {PRODUCTION} good?")
    assert "A work team of Amazon A2I was asked" in " ".join(mail.body.split())
    calls = studio.stack.control("calls")["sagemaker-a2i-runtime"]
    assert calls["StartHumanLoop"] == {"ok": len(loops)}


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
    (mail,) = studio.wait_for_mails("and has drawn its first storyboard")
    assert "this model does not bill between drawings" in " ".join(mail.body.split())


def test_storyboard_when_it_has_all_arms_then_one_job_draws_each(
    studio: DeployedStack, trained: Record, first_board: Record
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
    judged = json.loads(studio.store.get(take.judgement))
    prompt = {n["arm"]: n for n in judged["numbers"] if n["number"] == "prompt" and n["interval"]}
    assert {"tuned", "references", "base"} <= prompt.keys()
    assert set(judged["false_yes"].values()) == {0}  # of things that the stand-in does not see
    assert all("whose right answer is no" in number["beside"] for number in prompt.values())
    model = trained.body["model_ref"].removeprefix(f"s3://{studio.store.bucket}/")
    files = json.loads(studio.store.get(f"{model}adapter.json"))["files"]
    steps = [checkpoint["step"] for checkpoint in trained.body["checkpoints"]]
    assert len(steps) > 1
    for arm in map(arm_of_step, steps):
        adapters = {line["adapter"] for line in panels(studio, board, arm)}
        assert adapters == {files[f"checkpoints/{arm}.safetensors"]}
    assert any("Cannot choose between the checkpoints" in line for line in board.body["advice"])
    assert studio.stack.control("billing")["sagemaker"] == []


def test_training_when_the_job_was_refused_capacity_then_told_and_nothing_bills(
    studio: DeployedStack, first_board: Record, drawn: DrawnFilm
) -> None:
    """A second production, whose job gets no instance."""
    studio.stack.control("sagemaker/fail", {"how": "no capacity"})
    settings = SETTINGS.partition(b"characters:")[0] + (  # nobody is known, so nobody has too few
        b"training: {trainer: sagemaker, include_unnamed: true, validation_share: 0}\n"
    )
    studio.upload("lack/settings.yaml", settings)
    studio.upload("lack/films/drawn.mp4", drawn.path.read_bytes())
    training = one(studio, Kind.TRAINING, ENDED, production="lack")
    assert training.status == "failed"
    assert "CapacityError" in training.body["reason"]
    assert studio.stack.control("billing")["sagemaker"] == []
    studio.upload("lack/storyboards/base.yaml", b"images: 1\narms: [base]\nscenes: [a meadow]\n")
    board = one(studio, Kind.STORYBOARD, {"drawn", "failed"}, "base", "lack")
    assert (board.status, board.body["training_id"]) == ("drawn", None), board.body  # without one


def test_training_when_tried_again_then_it_goes_on_from_the_checkpoint_of_a_killed_job(
    studio: DeployedStack, first_board: Record, typed: Callable[..., Result]
) -> None:
    """The production of the test before: no capacity, then a resource limit, then killed."""
    first = one(studio, Kind.TRAINING, ENDED, production="lack").id

    def questions() -> list[CaughtMail]:
        return [
            mail for mail in studio.mails() if f"({first})" in mail.body and "?" in mail.subject
        ]

    def train_again(attempt: int) -> Record:
        wait_until(  # the execution of the mail before may not have ended
            lambda: "Begun with" in typed("train", "-p", "lack").stderr,
            lambda: studio.state_of("lack"),
        )
        wait_until(  # only the first training of a production starts by itself
            lambda: len(questions()) == attempt - 1,
            lambda: studio.state_of("lack"),
        )
        behind_the_link(questions()[-1], "approve")
        return one(studio, Kind.TRAINING, ENDED, f"{first}-t{attempt}", "lack")

    limit = {"error": "ResourceLimitExceeded", "message": "no ml.g5.2xlarge may be used"}
    studio.stack.control(
        "faults", {"service": "sagemaker", "operation": "CreateTrainingJob", **limit}
    )
    refused = train_again(2)
    assert (refused.status, refused.body["job_ref"]) == ("impossible", None)
    assert "no ml.g5.2xlarge may be used" in refused.body["reason"]
    (mail,) = studio.wait_for_mails("no ml.g5.2xlarge may be used")
    assert "onmodel train" in mail.body

    studio.stack.control("sagemaker/fail", {"how": "killed"})
    killed = train_again(3)
    assert killed.status == "failed"
    states = [
        info.key.split("/")[-2]
        for info in studio.store.list("trainers/sagemaker/checkpoints/lack/")
        if info.key.endswith("/state.json")
    ]
    reached = int(max(states).removeprefix("step-"))
    resumed = train_again(4)
    assert resumed.status == "completed", resumed.body
    steps = resumed.body["spec"]["hyperparameters"]["steps"]
    assert 0 < reached < steps
    assert f"from_step={reached} of={steps}" in studio.stack.log.read_text()
    model = resumed.body["model_ref"].removeprefix(f"s3://{studio.store.bucket}/")
    assert json.loads(studio.store.get(f"{model}adapter.json"))["steps"] == steps
    one(studio, Kind.STORYBOARD, {"drawn", "failed"}, FIRST_STORYBOARD, "lack")
    assert studio.stack.control("billing")["sagemaker"] == []


def test_functions_when_all_is_done_then_those_of_jobs_were_called_and_none_was_denied(
    studio: DeployedStack, first_board: Record
) -> None:
    """The local stack asks IAM: what ended well, ended well with its own role."""
    called, denied = studio.called_functions()
    assert denied == []
    assert {"quote_drawing", "start_drawing", "check_drawing"} <= called


def test_production_when_deleted_then_its_adapter_is_too_and_anothers_files_stay(
    studio: DeployedStack, trained: Record, typed: Callable[..., Result]
) -> None:
    model = trained.body["model_ref"].removeprefix(f"s3://{studio.store.bucket}/")
    assert list(studio.store.versions(model))
    anothers = model.replace(f"{PRODUCTION}/", "lack/", 1)
    studio.store.put(f"{anothers}adapter.json", b"{}", "application/json")
    kept = set(left(studio, "lack"))
    assert f"{anothers}adapter.json" in kept

    done = delete(PRODUCTION, typed)
    assert done.exit_code == 0, done.stderr
    assert list(studio.store.versions(model)) == []
    assert left(studio, PRODUCTION) == []
    assert kept <= set(left(studio, "lack"))  # its mails may be written meanwhile

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.films_in_memory import FilmsInMemory
from typer.testing import CliRunner

from onmodel.contracts.keys import StoryboardKeys
from onmodel.contracts.rows import (
    ApprovalBody,
    ApprovalStatus,
    StoryboardBody,
    StoryboardStatus,
    TrainingBody,
    TrainingStage,
)
from onmodel.contracts.trainings import TrainingSpec
from onmodel.films.folders import record_production
from onmodel.notifications.outcomes import record_outcome
from onmodel.registry.kinds import APPROVALS, STORYBOARDS, TRAININGS
from onmodel.trainers.bedrock.rules import BedrockRules
from onmodel.wiring import now
from onmodel_cli import following, main, storyboard
from onmodel_cli.connection import Connection

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:DrawStoryboard"
KEY = "bunny/storyboards/First day.yaml"
Answer = Callable[[str], None]
"""What the stack does about the execution of this ARN."""


@pytest.fixture
def board(tmp_path: Path) -> Path:
    path = tmp_path / "First day.yaml"
    path.write_text("scenes: [Buck smiles]\n")
    return path


@pytest.fixture
def trained(world: FilmsInMemory) -> None:
    record_production("bunny", world.registry, now)
    spec = TrainingSpec(
        production="bunny",
        dataset_id="d1",
        training_id="d1",
        manifest_uri="s3://studio/manifest.jsonl",
        output_uri="s3://studio/trainings/",
        hyperparameters=BedrockRules.presets["default"],
    )
    body = TrainingBody(dataset_id="d1", correlation_id="c", spec=spec, model_ref="model-1")
    TRAININGS.create(
        world.registry, "bunny", "d1", status=TrainingStage.COMPLETED, body=body, now=now()
    )


@pytest.fixture
def draw(connection: Connection, world: FilmsInMemory, monkeypatch, tmp_path: Path):
    """`onmodel storyboard`, with a stack that answers while the command waits."""
    variables = vars(connection.environment)["_variables"]
    variables["DRAW_STORYBOARD_ARN"] = MACHINE
    monkeypatch.setattr(storyboard, "open_stack", lambda *_: connection)
    monkeypatch.chdir(tmp_path)

    def call(file: Path, *options: str, answer: Answer = lambda _: None):
        def wait(_seconds: float) -> None:
            if not world.executions.payloads and world.uploads.keys():
                name = storyboard.drawing_name(file.name, world.uploads.head(KEY))
                world.executions.start(MACHINE, name, {})
            elif world.executions.payloads:
                (arn,) = world.executions.payloads
                answer(arn)

        monkeypatch.setattr(storyboard.time, "sleep", wait)
        return CliRunner().invoke(main.app, ["storyboard", str(file), "-p", "bunny", *options])

    return call


def outcome(world: FilmsInMemory, kind: str, reason: str = "") -> Answer:
    def answer(arn: str) -> None:
        record_outcome(
            arn, production="bunny", kind=kind, reason=reason, registry=world.registry, clock=now
        )

    return answer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scenes: []\n", "scenes"),
        ("scenes: [{text: Buck smiles, characters: [Nobody]}]\n", "nobody is called Nobody"),
        ("size: 100x100\nscenes: [Buck smiles]\n", "size: 100x100"),
    ],
    ids=["no scene", "unknown character", "impossible size"],
)
def test_storyboard_when_the_stack_would_refuse_it_then_nothing_is_uploaded(
    draw, world: FilmsInMemory, trained: None, board: Path, text: str, words: str
) -> None:
    board.write_text(text)
    done = draw(board)
    assert done.exit_code == 3
    assert words in done.stderr
    assert world.uploads.keys() == ()


def test_storyboard_when_nothing_is_trained_then_it_says_so_and_uploads_nothing(
    draw, world: FilmsInMemory, board: Path
) -> None:
    record_production("bunny", world.registry, now)
    done = draw(board)
    assert done.exit_code == 3
    assert "no model of production bunny is trained yet" in done.stderr
    assert world.uploads.keys() == ()


def test_storyboard_when_the_production_is_misspelled_then_names_those_that_exist(
    draw, world: FilmsInMemory, board: Path
) -> None:
    record_production("Bunny Two", world.registry, now)
    done = draw(board)
    assert done.exit_code == 3
    assert "There is no production bunny." in done.stderr
    assert "There is Bunny Two." in done.stderr
    assert world.uploads.keys() == ()


def test_storyboard_when_a_mail_asks_about_its_cost_then_the_command_says_so_and_ends(
    draw, world: FilmsInMemory, trained: None, board: Path
) -> None:
    def ask(arn: str) -> None:
        body = ApprovalBody(
            purpose="deployment", subject_id="d1", usd=121.0, task_token="t",
            execution_arn=arn, expires_at=now() + timedelta(days=7), correlation_id="c",
        )  # fmt: skip
        APPROVALS.put(
            world.registry, "bunny", "a1", status=ApprovalStatus.PENDING, body=body, now=now()
        )

    done = draw(board, "--json", answer=ask)
    assert done.exit_code == 0, done.stderr
    assert world.uploads.keys() == (KEY,)
    assert "whether to draw it for at most $121.00; nothing is spent before" in done.stderr
    assert json.loads(done.stdout) == {"status": "waiting for an approval", "usd": 121.0}


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("storyboard_refused", 3, "The stack refused it: no scene is left"),
        ("approval_ended", 3, "its cost was not approved"),
        ("alarm", 4, "It could not be drawn: no scene is left"),
    ],
)
def test_storyboard_when_the_stack_ends_it_after_the_upload_then_the_command_says_why(
    draw, world: FilmsInMemory, trained: None, board: Path, kind: str, code: int, words: str
) -> None:
    done = draw(board, "--json", answer=outcome(world, kind, "no scene is left"))
    assert done.exit_code == code
    assert words in done.stderr
    assert json.loads(done.stdout)["error"]["exit_code"] == code


def test_storyboard_when_the_stack_starts_nothing_then_the_command_does_not_wait_for_ever(
    draw, trained: None, board: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(0, 100_000, 100))
    monkeypatch.setattr(storyboard.time, "monotonic", lambda: float(next(seconds)))
    monkeypatch.setattr(storyboard, "drawing_name", lambda *_: "never-started")
    done = draw(board)
    assert done.exit_code == 4
    assert f"started no drawing within {following.PICK_UP_SECONDS:.0f} s" in done.stderr


def test_storyboard_when_it_is_drawn_then_its_gallery_is_fetched(
    draw, world: FilmsInMemory, trained: None, board: Path
) -> None:
    def drawn(arn: str) -> None:
        keys = StoryboardKeys("bunny", "first-day", 1)
        world.studio.put(keys.gallery, b"<!doctype html>", "text/html")
        body = StoryboardBody(name="first-day", take=1, correlation_id="c", panels=1, drawn=1)
        STORYBOARDS.create(
            world.registry, "bunny", "first-day-1", status=StoryboardStatus.DRAWN, body=body,
            now=now(),
        )  # fmt: skip
        world.executions.finish(arn)  # a drawn take is held by nobody

    done = draw(board, "--json", answer=drawn)
    told = json.loads(done.stdout)
    assert (told["status"], told["storyboard"]) == ("drawn", "first-day-1")
    assert Path(told["gallery"]).read_text() == "<!doctype html>"

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.rows import ApprovalBody, ApprovalStatus, DatasetBody, DatasetStatus
from onmodel.registry.kinds import APPROVALS, DATASETS, ApprovalRow, DatasetRow
from onmodel_cli import main, running
from onmodel_cli.connection import Connection
from onmodel_cli.journey import WAITING, Journey, Place

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture
def dataset(connection: Connection) -> DatasetRow:
    body = DatasetBody(
        generation_id="g1", correlation_id="c", pictures=9, named={}, films=("a",),
        to_caption_key="x", captions_needed=9,
    )  # fmt: skip
    keys = DatasetKeys("mira", "d1")
    connection.studio.put(f"{keys.dataset}/report/index.html", b"<!doctype html>", "text/html")
    connection.studio.put(keys.manifest, b"{}\n", "application/jsonl")
    return DATASETS.create(
        connection.registry, "mira", "d1", status=DatasetStatus.READY, body=body, now=NOW
    )


@pytest.fixture
def question(connection: Connection) -> ApprovalRow:
    body = ApprovalBody(
        purpose="training", subject_id="d1", usd=264.0, why="It is above the limit.",
        task_token="t", expires_at=NOW, correlation_id="c",
    )  # fmt: skip
    return APPROVALS.create(
        connection.registry, "mira", "a1", status=ApprovalStatus.PENDING, body=body, now=NOW
    )


@pytest.fixture
def run(
    connection: Connection, film: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Result]:
    """`onmodel run --until`, with the places where its film's generation is seen."""
    monkeypatch.setattr(running, "open_stack", lambda *_: connection)
    monkeypatch.chdir(tmp_path)

    def call(until: str, *places: Place) -> Result:
        monkeypatch.setattr(Journey, "watch", lambda _: iter(places))
        command = ["run", str(film), "-p", "mira", "--until", until, "--json"]
        return CliRunner().invoke(main.app, command)

    return call


def test_run_until_dataset_when_a_mail_asks_meanwhile_then_it_is_told_and_files_are_fetched(
    run: Callable[..., Result], dataset: DatasetRow, question: ApprovalRow
) -> None:
    done = run(
        "dataset",
        Place("assembling the dataset"),
        Place(WAITING, approval=question),
        Place(WAITING, approval=question),
        Place("dataset ready", dataset),
        Place("training", dataset),
    )
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["reached"] == "dataset"
    assert Path(told["manifest"]).read_text() == "{}\n"
    said = " ".join(done.stderr.split())
    assert said.count("A mail asks (`onmodel local mails`): training for at most $264.00") == 1
    assert "… training" not in said


def test_run_until_model_when_it_ends_before_then_the_reason_and_the_next_command(
    run: Callable[..., Result], dataset: DatasetRow
) -> None:
    done = run("model", Place("dataset ready", dataset, end="AWS ended Nova Canvas."))
    assert done.exit_code == 3
    message = json.loads(done.stdout)["error"]["message"]
    assert "There is no model of this film: AWS ended Nova Canvas." in message
    assert "`onmodel train -p mira` tries again" in message


def test_run_until_dataset_when_nothing_starts_by_itself_then_it_does_not_wait(
    run: Callable[..., Result], connection: Connection
) -> None:
    text = b"training: {automatic: false}"
    connection.uploads.put("mira/settings.yaml", text, "application/yaml")
    done = run("dataset", Place("collecting films"))
    assert done.exit_code == 3
    error = json.loads(done.stdout)["error"]
    assert error["kind"] == "NotReached"
    assert error["message"] == (
        "The film is prepared, but no dataset follows by itself: training.automatic is false."
        " `onmodel train -p mira` makes a dataset and trains on it."
    )


def test_run_until_dataset_when_no_picture_was_kept_then_it_does_not_wait(
    run: Callable[..., Result], connection: Connection
) -> None:
    text = b"crop: {min_figure_pixels: 4000}"
    connection.uploads.put("mira/settings.yaml", text, "application/yaml")
    done = run("dataset", Place("collecting films"))
    assert done.exit_code == 3
    assert json.loads(done.stdout)["error"]["message"] == (
        "The film is prepared, but no dataset follows: no picture was kept. The report says why."
    )

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from onmodel_cli import main


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        ("status --bogus --json", "NoSuchOption", "--bogus"),
        ("--bogus status --json", "NoSuchOption", "--bogus"),
        ("run --json", "MissingParameter", "FILM"),
        ("run a.mp4 --json", "MissingParameter", "--production"),
        ("run a.mp4 -p x --until moon --json", "BadParameter", "'dataset'"),
        ("statu --json", "UsageError", "'status'"),
        ("model fetch --json", "MissingParameter", "--production"),
        ("local up --json", "NoSuchOption", "--json"),
    ],
)
def test_wrong_command_when_json_is_asked_for_then_it_is_one_object_on_stdout(
    words: str, kind: str, said: str
) -> None:
    done = CliRunner().invoke(main.app, words.split())
    assert done.exit_code == 2
    error = json.loads(done.stdout)["error"]
    assert (error["kind"], error["exit_code"]) == (kind, 2)
    assert said in error["message"]
    assert "Usage:" in done.stderr


@pytest.mark.parametrize("words", ["status --bogus", "run", "statu"])
def test_wrong_command_when_people_typed_it_then_stdout_is_empty(words: str) -> None:
    done = CliRunner().invoke(main.app, words.split())
    assert (done.exit_code, done.stdout) == (2, "")

from pathlib import Path

import pytest
from typer.testing import CliRunner

from onmodel_cli import local_stack, main


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("local-stack", "`onmodel local up` goes on with them"),
        ("demo-stack", "the next `onmodel demo` replaces its data"),
    ],
)
def test_down_when_the_stack_is_stopped_then_says_what_becomes_of_its_data(
    folder: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / folder
    kept.mkdir()
    monkeypatch.setattr(local_stack, "stop", lambda: kept)
    done = CliRunner().invoke(main.app, ["local", "down"])
    assert done.exit_code == 0
    said = " ".join(done.output.split())
    assert told in said
    assert "(0 MB)" in said

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


def test_up_when_the_disk_is_full_then_says_so_in_one_sentence_and_blames_not_aws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path))

    monkeypatch.setattr("onmodel_local.daemon.start_stack", full)
    monkeypatch.setattr(local_stack, "found_stack", lambda: None)
    done = CliRunner().invoke(main.app, ["local", "up"])
    assert done.exit_code == 4
    assert "✗ The local stack failed: [Errno 28] No space left on device" in done.output
    assert "AWS" not in done.output

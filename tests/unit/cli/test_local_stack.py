from pathlib import Path

import pytest
from typer.testing import CliRunner

from onmodel_cli import local_jobs, local_stack, main
from onmodel_local.daemon import RunningStack


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("local-stack", "`onmodel local up` goes on with them"),
        ("demo-stack", "`onmodel local up --demo` goes on with them"),
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


@pytest.mark.parametrize(
    ("home", "running", "code", "said"),
    [
        (None, None, 3, "✗ No demo's data are here. Make some: `onmodel demo --keep`."),
        ("demo-stack", "local-stack", 3, "✗ A local stack with other data runs. Stop it first:"),
        ("demo-stack", "demo-stack", 0, "✓ The local stack runs at"),
        ("demo-stack", None, 0, "✓ The local stack runs at"),
    ],
)
def test_up_when_the_demos_data_are_wanted_then_goes_on_with_them_or_says_why_not(
    home: str | None,
    running: str | None,
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "template.yaml").touch()
    monkeypatch.chdir(tmp_path)
    if home is not None:
        (tmp_path / ".cache" / home).mkdir(parents=True)
    folder = "" if running is None else str(tmp_path / ".cache" / running)
    stack = RunningStack(1, 1, "http://127.0.0.1:1", folder, {})
    monkeypatch.setattr(local_stack, "found_stack", lambda: None if running is None else stack)
    asked: list[Path | None] = []

    def start(*, home: Path | None = None, **_: object) -> RunningStack:
        asked.append(home)
        return stack

    monkeypatch.setattr(local_stack, "start", start)
    monkeypatch.setattr(local_jobs, "about_jobs", lambda _: "")
    done = CliRunner().invoke(main.app, ["local", "up", "--demo"])
    assert (done.exit_code, asked) == (code, [local_stack.DEMO_HOME] if code == 0 else [])
    assert said in " ".join(done.output.split())


def test_up_when_another_vision_model_is_wanted_and_a_stack_runs_then_says_to_stop_it_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running = RunningStack(1, 1, "http://127.0.0.1:1", "", {})
    monkeypatch.setattr(local_stack, "found_stack", lambda: running)
    typed = ["local", "up", "--vision-url", "http://127.0.0.1:8000/v1"]
    done = CliRunner().invoke(main.app, typed)
    assert done.exit_code == 3
    said = " ".join(done.output.split())
    assert "takes another vision model only when it is started. Stop it first:" in said

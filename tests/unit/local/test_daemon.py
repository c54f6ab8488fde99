from __future__ import annotations

import fcntl
import json
from pathlib import Path

import pytest

from onmodel_local import daemon
from onmodel_local.daemon import RunningStack
from onmodel_local.stack import StackFailedError


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A stack that runs by its state file; the list has the process groups that were ended."""
    state = tmp_path / daemon.STATE
    state.parent.mkdir()
    state.write_text(json.dumps(RunningStack(7, 80, "http://x", str(tmp_path), {}).__dict__))
    ended: list[int] = []
    monkeypatch.setattr(daemon, "is_healthy", lambda _url: True)
    monkeypatch.setattr(daemon, "control", lambda _url, _path, _order: {"pid": 7})
    monkeypatch.setattr(daemon, "end_group", ended.append)
    return ended


def test_stop_when_the_data_cannot_be_written_then_the_stack_runs_on_and_is_still_known(
    running: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(_url: str, path: str, _order: object) -> dict[str, int]:
        if path == "snapshot":
            raise StackFailedError("snapshot: no space left on device")
        return {"pid": 7}

    monkeypatch.setattr(daemon, "control", full_disk)
    with pytest.raises(StackFailedError, match="no space left"):
        daemon.stop_stack(tmp_path)
    assert running == []
    assert daemon.find_stack(tmp_path) is not None


def test_stop_when_another_command_starts_or_stops_then_it_waits_for_that(
    running: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []

    def is_held(_pid: int) -> None:
        with (tmp_path / daemon.LOCK).open("w") as other:
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held.append(True)

    monkeypatch.setattr(daemon, "end_group", is_held)
    assert daemon.stop_stack(tmp_path) == tmp_path
    assert held == [True]
    assert daemon.stop_stack(tmp_path) is None

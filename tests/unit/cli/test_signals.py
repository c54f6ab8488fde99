"""`onmodel demo` stops its local stack whatever tells it to end."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from onmodel_cli import demo, local_stack, main
from onmodel_cli.signals import AS_CTRL_C, ending_as_by_ctrl_c


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The local stacks that were stopped; none is started."""
    stops: list[str] = []
    running = SimpleNamespace(endpoint_url="http://127.0.0.1:1")
    monkeypatch.setattr(local_stack, "found_stack", lambda: None)
    monkeypatch.setattr(local_stack, "start", lambda **_: running)
    monkeypatch.setattr(local_stack, "stop", lambda **_: stops.append("stack"))
    return stops


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_demo_when_a_signal_ends_it_then_its_local_stack_is_stopped(
    stopped: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    film: Path,
    number: signal.Signals,
) -> None:
    def end(*_: object, **__: object) -> None:
        os.kill(os.getpid(), number)
        time.sleep(10)  # the signal comes within

    monkeypatch.setattr(demo, "use_endpoint", end)
    arguments = ["demo", "--film", str(film), "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(main.app, arguments)
    assert done.exit_code == 130
    assert stopped == ["stack"]
    assert "Interrupted." in done.stderr
    assert "goes on" not in done.stderr


def test_signals_when_one_is_ignored_then_it_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
    try:
        with ending_as_by_ctrl_c():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_signals_when_the_command_is_over_then_they_have_their_own_meaning_again() -> None:
    before = [signal.getsignal(number) for number in AS_CTRL_C]
    with pytest.raises(KeyboardInterrupt), ending_as_by_ctrl_c():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)
    assert [signal.getsignal(number) for number in AS_CTRL_C] == before

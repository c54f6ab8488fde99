from __future__ import annotations

from io import StringIO

from rich.console import Console

from onmodel_cli.bars import TimeLeft
from onmodel_cli.following import RunProgress
from onmodel_cli.waiting import Waiting, show_stages


def test_stages_when_nobody_looks_at_a_terminal_then_one_line_each() -> None:
    written = StringIO()
    last = show_stages(Console(file=written), ["a", "a", "[b]"], str, "waiting for the stack")
    assert last == "[b]"
    assert written.getvalue().splitlines() == ["… waiting for the stack", "… a", "… [b]"]


def test_wait_when_it_is_long_then_a_log_says_for_what_and_how_long() -> None:
    written, seconds = StringIO(), iter([0.0, 95.0])
    waits = Waiting(Console(file=written), "Switching d1-1 off", lambda: next(seconds))
    waits.repeat()
    assert written.getvalue().splitlines()[-1] == "… Switching d1-1 off (1 min 35 s so far)"


def test_time_left_when_parts_were_done_before_then_only_later_ones_are_a_measure() -> None:
    seconds = iter([0.0, 60.0])
    left = TimeLeft(lambda: next(seconds))
    told = [
        left.of(RunProgress("looking at frames", chunks_done=done, chunks=10))
        for done in (4, 6, 10)
    ]
    assert told == ["", "about 2 min left", ""]

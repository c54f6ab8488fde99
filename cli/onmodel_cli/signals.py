"""A command that is told to end stops what it started, whatever tells it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AS_CTRL_C = (signal.SIGTERM, signal.SIGHUP)
"""Sent by `kill`, a service manager and `timeout`; by a terminal that is closed."""


@contextmanager
def ending_as_by_ctrl_c() -> Iterator[None]:
    """Let these signals raise KeyboardInterrupt, as Ctrl-C does; else they end Python at once.

    One that is ignored, as SIGHUP is under nohup, stays ignored. Only for the main thread.
    """
    before = {number: signal.getsignal(number) for number in AS_CTRL_C}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt

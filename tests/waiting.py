"""Waiting for what a thread or another process does: until it is there, not a guessed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_SECONDS = 300.0
"""How long anything is waited for. It ends a hang: a slow or busy machine is no failure."""

Found = TypeVar("Found")


def wait_until(
    look: Callable[[], Found],
    describe: Callable[[], object] = lambda: "it never happened",
) -> Found:
    """What `look` returns, as soon as that is true.

    Raises:
        AssertionError: with the description, when it is not true within PATIENCE_SECONDS.
    """
    end, pause = time.monotonic() + PATIENCE_SECONDS, 0.02
    while not (found := look()):
        assert time.monotonic() < end, describe()
        time.sleep(pause)
        pause = min(1.5 * pause, 0.25)
    return found

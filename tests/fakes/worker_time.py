"""Time that passes while a pool's threads wait: calls cost seconds, and a test costs none."""

from __future__ import annotations

import heapq
import itertools
import threading

SETTLED_SECONDS = 0.05
"""Real time after which fewer threads than usual are taken to be all: the last calls of a pool."""


class WorkerTime:
    """Simulated seconds; they pass when all threads of a pool wait, or no more of them come.

    Args:
        threads: of the pool.
    """

    def __init__(self, threads: int) -> None:
        self.now = 0.0
        self._threads = threads
        self._waiting: list[tuple[float, int]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Return when these seconds have passed for this thread."""
        with self._changed:
            mine = (self.now + seconds, next(self._order))
            heapq.heappush(self._waiting, mine)
            self._changed.notify_all()
            while not self._is_due(mine):
                pass
            heapq.heappop(self._waiting)
            self.now = max(self.now, mine[0])
            self._changed.notify_all()

    def _is_due(self, mine: tuple[float, int]) -> bool:
        """Whether the earliest waiting thread is this one, and no other can come before it."""
        if self._waiting[0] != mine:
            self._changed.wait()
            return False
        all_wait = self._changed.wait_for(
            lambda: len(self._waiting) >= self._threads or self._waiting[0] != mine,
            timeout=SETTLED_SECONDS,
        )
        return self._waiting[0] == mine and (not all_wait or len(self._waiting) >= self._threads)

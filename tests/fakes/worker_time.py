"""Time that passes while a pool's threads wait: calls cost seconds, and a test costs none."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class WorkerTime:
    """Simulated seconds of one pool at a time: they pass when all of its threads wait."""

    def __init__(self) -> None:
        self.now = 0.0
        self._threads = 1
        self._tasks = 0
        """That are not done."""
        self._waiting: list[tuple[float, int, threading.Event]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Return when these seconds have passed for this thread."""
        is_over = threading.Event()
        with self._lock:
            heapq.heappush(self._waiting, (self.now + seconds, next(self._order), is_over))
            self._pass_when_all_wait()
        is_over.wait()

    def pool(self, threads: int) -> _Pool:
        """A ThreadPoolExecutor whose threads' time this is."""
        self._threads = threads
        return _Pool(threads, self)

    def begin(self, tasks: int) -> None:
        with self._lock:
            self._tasks += tasks

    def end_task(self, _: Future[object]) -> None:
        with self._lock:
            self._tasks -= 1
            self._pass_when_all_wait()

    def _pass_when_all_wait(self) -> None:
        """Without tasks of a pool one thread waits, which is the only one."""
        busy = max(1, min(self._threads, self._tasks))
        if len(self._waiting) >= busy:
            self.now, _, is_over = heapq.heappop(self._waiting)
            is_over.set()


class _Pool(ThreadPoolExecutor):
    def __init__(self, threads: int, time: WorkerTime) -> None:
        super().__init__(threads)
        self._time = time

    def map(  # type: ignore[override]  # as the product calls it
        self, work: Callable[..., Result], *columns: Iterable[object]
    ) -> Iterator[Result]:
        arguments = [list(column) for column in columns]
        tasks = min(len(column) for column in arguments)
        self._time.begin(tasks)  # before the first is begun: no time passes for it alone
        futures = [super(_Pool, self).submit(work, *each) for each in zip(*arguments, strict=False)]
        for future in futures:
            future.add_done_callback(self._time.end_task)
        return self._results(futures)

    @staticmethod
    def _results(futures: list[Future[Result]]) -> Iterator[Result]:
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()

"""Processes that analyse pictures, so that the emulator's event loop is not blocked."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from onmodel_local.process import end_with_parent

P = ParamSpec("P")
T = TypeVar("T")

MOST_PROCESSES = 4  # each takes about 145 MB; further cores are left to the functions


class PictureProcesses:
    """A pool of one process per core, at most four, started at the first call."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()
        self._running = 0
        self._last_used = time.monotonic()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of `picture_analysis` in a process; its exceptions are raised here."""
        if kwargs:
            raise TypeError(
                "only positional arguments are allowed: run_in_executor passes no others"
            )
        loop = asyncio.get_running_loop()
        with self._call():
            try:
                return await loop.run_in_executor(self._running_pool(), function, *args)
            except BrokenProcessPool:  # a process was killed (memory): start new ones
                self._pool = None
                return await loop.run_in_executor(self._running_pool(), function, *args)

    def end_idle(self, after_seconds: float) -> None:
        """End the processes when nobody has called them for longer than this."""
        with self._lock:
            if self._running or time.monotonic() - self._last_used <= after_seconds:
                return
            idle, self._pool = self._pool, None
        if idle is not None:
            idle.shutdown(wait=False)

    @contextmanager
    def _call(self) -> Iterator[None]:
        with self._lock:
            self._running += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                self._last_used = time.monotonic()

    def _running_pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=min(MOST_PROCESSES, os.cpu_count() or 1),
                # forking a process with threads can deadlock
                mp_context=multiprocessing.get_context("spawn"),
                initializer=end_with_parent,
            )
        return self._pool

"""The processes that look at pictures, so that the emulator's event loop stays free."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from onmodel_local.process import die_with_parent

P = ParamSpec("P")
T = TypeVar("T")

MOST_PROCESSES = 4  # each holds about 145 MB; more cores help the functions, not the looking


class Eyes:
    """A pool made at the first look, of one process a core up to four."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def look(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of `looks` beside the event loop; what it raises is raised here."""
        if kwargs:
            raise TypeError("looks take positional arguments: run_in_executor passes no others")
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._processes(), function, *args)
        except BrokenProcessPool:  # a process was killed (memory); the next look gets new ones
            self._pool = None
            return await loop.run_in_executor(self._processes(), function, *args)

    def _processes(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=min(MOST_PROCESSES, os.cpu_count() or 1),
                # forking a process with threads can deadlock
                mp_context=multiprocessing.get_context("spawn"),
                initializer=die_with_parent,
            )
        return self._pool

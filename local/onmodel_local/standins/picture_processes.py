"""Processes that analyse pictures, so that the emulator's event loop is not blocked."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from onmodel_local.process import end_with_parent

P = ParamSpec("P")
T = TypeVar("T")

MOST_PROCESSES = 4  # each takes about 145 MB; further cores are left to the functions


class PictureProcesses:
    """A pool of one process per core, at most four, started at the first call."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of `picture_analysis` in a process; its exceptions are raised here."""
        if kwargs:
            raise TypeError(
                "only positional arguments are allowed: run_in_executor passes no others"
            )
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._running_pool(), function, *args)
        except BrokenProcessPool:  # a process was killed (memory): start new ones
            self._pool = None
            return await loop.run_in_executor(self._running_pool(), function, *args)

    def _running_pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=min(MOST_PROCESSES, os.cpu_count() or 1),
                # forking a process with threads can deadlock
                mp_context=multiprocessing.get_context("spawn"),
                initializer=end_with_parent,
            )
        return self._pool

"""Ends processes that nobody has called for a while: of functions, and of the stand-ins.

ministack keeps the first process of each function for ever: in a stack that stays up these are
forty processes, with NumPy and OpenCV in many. The next call starts one again, in one to two
seconds. Few functions of a run are called again after half a minute.
"""

from __future__ import annotations

import threading
import time

from ministack.core import lambda_runtime

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.picture_processes import PictureProcesses

EVERY_SECONDS = 10.0


def end_idle(after_seconds: float) -> int:
    """End functions' processes that are idle for longer than this; returns how many there were."""
    now = time.time()
    ended = []
    with lambda_runtime._lock:
        for key, workers in list(lambda_runtime._workers.items()):
            idle = [
                worker
                for worker in workers
                if not worker.in_use and now - getattr(worker, "last_used", now) > after_seconds
            ]
            ended += idle
            kept = [worker for worker in workers if worker not in idle]
            if kept:
                lambda_runtime._workers[key] = kept
            else:
                del lambda_runtime._workers[key]
    lambda_runtime.kill_workers(ended)
    return len(ended)


def keep_ending(pictures: PictureProcesses, settings: SimulationSettings) -> None:
    """Look every ten seconds, in the background; `settings` may change meanwhile."""

    def run() -> None:
        while not threading.Event().wait(EVERY_SECONDS):
            end_idle(settings.idle_seconds)
            pictures.end_idle(settings.idle_seconds)

    threading.Thread(target=run, daemon=True, name="idle-workers").start()

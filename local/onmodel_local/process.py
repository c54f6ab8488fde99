"""Ends child processes when their parent ends."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from pathlib import Path

_POLL_SECONDS = 0.5


def end_with_parent(folder: Path | None = None) -> None:
    """End the whole process group of this process as soon as its parent has ended.

    A thread polls the parent's id. Linux's parent-death signal is not used: it is sent when the
    parent's *thread* ends, and other systems do not have it.

    Args:
        folder: deleted before the group is ended.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_POLL_SECONDS)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True, name="watch-parent").start()

"""Processes of a stack: their end with their parent, and their memory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
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


def memory_of_group(pid: int) -> tuple[int, int]:
    """How many processes a group has, and their bytes of memory; shared ones count in each."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pgid=,rss="],  # noqa: S607 - the system's own
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    rows = [line.split() for line in listed.splitlines()]
    held = [int(kilobytes) * 1024 for group, kilobytes in rows if int(group) == pid]
    return len(held), sum(held)

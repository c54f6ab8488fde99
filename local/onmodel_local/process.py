"""Children that never outlive their parent."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from pathlib import Path

_LOOK_SECONDS = 0.5


def die_with_parent(folder: Path | None = None) -> None:
    """Ends this process's whole group once its parent is gone.

    Looks at the parent's id instead of using Linux's parent-death signal, which fires when the
    parent's *thread* ends and does not exist elsewhere.

    Args:
        folder: deleted before the end.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True, name="watch-parent").start()

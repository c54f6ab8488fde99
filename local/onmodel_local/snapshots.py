"""Keeps on disk what a stack knows, so that it goes on after `local down`, or after a kill.

ministack writes objects as they are put (S3_PERSIST). All other services, and what the stand-ins
have made, are written by a snapshot: every half minute, and when the stack is told to stop.
"""

from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import persistence

EVERY_SECONDS = 30.0
STAND_INS = "stand-ins.pickle"

UNREADABLE = (pickle.UnpicklingError, EOFError, ArithmeticError, AttributeError, ImportError,
              LookupError, TypeError, ValueError)  # fmt: skip
"""What pickle raises for a file that is cut, damaged, or of another version of this program."""

logger = logging.getLogger("snapshots")


class Snapshots:
    """The snapshots of one emulator.

    Args:
        folder: of ministack's own files; exists.
        made: the stand-ins' records by name. They are changed in place.
    """

    def __init__(self, folder: Path, made: Callable[[], dict[str, dict[str, Any]]]) -> None:
        self._path = folder / STAND_INS
        self._made = made
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def take(self) -> None:
        """Write everything; what changes meanwhile is in the next one."""
        with self._lock:
            persistence.save_all(app._build_persistence_save_dict())
            part = self._path.with_suffix(".part")
            part.write_bytes(pickle.dumps(self._made()))
            part.replace(self._path)

    def restore(self) -> None:
        """Give the stand-ins their records back; ministack reads its own at its start.

        Records that cannot be read are left out and told in the log. Their file is renamed, because
        the next snapshot would replace it.
        """
        if not self._path.is_file():
            return
        try:
            known = dict(pickle.loads(self._path.read_bytes()))  # noqa: S301 - written by us
        except UNREADABLE as fault:
            aside = self._path.replace(self._path.with_suffix(".unreadable"))
            logger.warning("the stand-ins' records cannot be read (%s): see %s", fault, aside)
            return
        for name, records in self._made().items():
            records.update(known.get(name, {}))

    def keep_taking(self) -> None:
        """Take one every half minute, in the background, until `stop` is called."""

        def run() -> None:
            while not self._stopped.wait(EVERY_SECONDS):
                try:
                    self.take()
                except Exception:  # the one before stays, and the next one is tried
                    logger.exception("no snapshot was taken")

        threading.Thread(target=run, daemon=True, name="snapshots").start()

    def stop(self) -> None:
        """Take no further one in the background."""
        self._stopped.set()

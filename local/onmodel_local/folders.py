"""The folder of a stack: one that is kept, or one in the system's temporary folder."""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PREFIX = "onmodel-local-"
PROCESS_FILE = "pid"
PORT_FILE = "port"
HOST = "127.0.0.1"
OLD_SECONDS = 24 * 3600.0
"""A temporary folder without a process id was made by an older version, or is just being made."""


@dataclass(frozen=True)
class StackFolder:
    """Where an emulator keeps its files. `kept` ones outlive it, with all data."""

    path: Path
    kept: bool

    @classmethod
    def temporary(cls) -> StackFolder:
        return cls(Path(tempfile.mkdtemp(prefix=PREFIX)), kept=False)

    def prepare(self) -> None:
        """Make it, and empty what functions leave behind."""
        shutil.rmtree(self.path / "tmp", ignore_errors=True)
        (self.path / "tmp").mkdir(parents=True)
        self.state.mkdir(exist_ok=True)

    @property
    def state(self) -> Path:
        return self.path / "state"

    def port(self) -> int:
        """The port of the time before, while it is free: links in mails and pages have it."""
        try:
            before = int((self.path / PORT_FILE).read_text())
        except (FileNotFoundError, ValueError):
            before = 0
        port = free_port(before) or free_port(0)
        if before not in {0, port}:
            self._replace_address(before, port)
        (self.path / PORT_FILE).write_text(str(port))
        return port

    def _replace_address(self, before: int, port: int) -> None:
        """Write the new port into the state and the mails: links would lead to the one before."""
        old = re.compile(rf"{re.escape(HOST)}:{before}(?!\d)".encode())
        for path in (*self.state.glob("*.json"), *(self.path / "mails").glob("*.txt")):
            path.write_bytes(old.sub(f"{HOST}:{port}".encode(), path.read_bytes()))

    def environment(self) -> dict[str, str]:
        """Variables with which ministack writes and reads its state there."""
        if not self.kept:
            return {}
        return {"PERSIST_STATE": "1", "S3_PERSIST": "1", "STATE_DIR": str(self.state)}

    def belongs_to(self, pid: int) -> None:
        """Write whose folder it is, so that a leftover is known as one."""
        (self.path / PROCESS_FILE).write_text(str(pid))

    def leave(self) -> None:
        """Delete it, unless it is kept."""
        if not self.kept:
            shutil.rmtree(self.path, ignore_errors=True)


def free_port(wanted: int) -> int:
    """A free port: the wanted one, or any for 0. Returns 0 when the wanted one is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            return 0
        return int(probe.getsockname()[1])


def bytes_in(folder: Path) -> int:
    """Bytes of all files in a folder; files that vanish meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except FileNotFoundError:
            continue
    return total


def delete_leftovers() -> list[tuple[Path, int]]:
    """Delete temporary folders of emulators that have ended; returns them with their bytes.

    A killed emulator cannot delete its own.
    """
    deleted = []
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")):
        if folder.is_dir() and _is_left(folder):
            deleted.append((folder, bytes_in(folder)))
            shutil.rmtree(folder, ignore_errors=True)
    return deleted


def _is_left(folder: Path) -> bool:
    try:
        if folder.stat().st_uid != os.getuid():
            return False
        pid = int((folder / PROCESS_FILE).read_text())
    except FileNotFoundError:
        return folder.is_dir() and time.time() - folder.stat().st_mtime > OLD_SECONDS
    except ValueError:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False

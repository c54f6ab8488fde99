from __future__ import annotations

import os
import socket
import tempfile
import time
from pathlib import Path

import pytest

from onmodel_local.folders import (
    HOST,
    OLD_SECONDS,
    PREFIX,
    StackFolder,
    delete_leftovers,
)

NOBODY = 2**22 + 1
"""Above every process id that Linux gives."""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_leftovers_when_their_process_has_ended_then_deleted_and_told(temporary: Path) -> None:
    left, live = (StackFolder.temporary() for _ in range(2))
    left.belongs_to(NOBODY)
    (left.path / "film.mp4").write_bytes(b"12345")
    live.belongs_to(os.getpid())
    (new := temporary / f"{PREFIX}new").mkdir()
    (old := temporary / f"{PREFIX}old").mkdir()
    long_ago = time.time() - OLD_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    deleted = delete_leftovers()
    assert {path for path, _ in deleted} == {left.path, old}
    assert dict(deleted)[left.path] == len("12345") + len(str(NOBODY))
    assert sorted(temporary.iterdir()) == sorted([live.path, new])


def test_folder_when_it_is_kept_then_its_port_stays_while_it_is_free(tmp_path: Path) -> None:
    folder = StackFolder(tmp_path / "home", kept=True)
    folder.prepare()
    first = folder.port()
    assert folder.port() == first
    with socket.socket() as other:
        other.bind((HOST, first))
        other.listen()
        assert folder.port() != first
    folder.leave()
    assert folder.path.is_dir()


def test_folder_when_its_port_is_taken_then_state_and_mails_have_the_new_address(
    tmp_path: Path,
) -> None:
    """Links in mails led to the old one, and functions told it to people."""
    folder = StackFolder(tmp_path / "home", kept=True)
    folder.prepare()
    (folder.path / "mails").mkdir()
    first = folder.port()
    written = (folder.state / "lambda.json", folder.path / "mails" / "1.txt")
    for path in written:
        path.write_text(f"http://{HOST}:{first}/a http://{HOST}:{first}0/b")
    with socket.socket() as other:
        other.bind((HOST, first))
        other.listen()
        second = folder.port()
    for path in written:
        assert path.read_text() == f"http://{HOST}:{second}/a http://{HOST}:{first}0/b"


def test_folder_when_it_is_prepared_again_then_only_what_functions_left_is_gone(
    tmp_path: Path,
) -> None:
    folder = StackFolder(tmp_path / "home", kept=True)
    folder.prepare()
    (folder.path / "tmp" / "layer").write_text("x")
    (folder.state / "s3.json").write_text("{}")
    folder.prepare()
    assert list((folder.path / "tmp").iterdir()) == []
    assert (folder.state / "s3.json").exists()

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from onmodel_local import films
from onmodel_local.films import FilmUnavailableError, fetch_big_buck_bunny, is_fetched

FILM = b"a film"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as folder:
        folder.writestr("moviepy_10_minutes/bbb.mp4", FILM)
    path = tmp_path / "archive.tar.gz"
    with tarfile.open(path, "w:gz") as outer:
        member = tarfile.TarInfo(f"moviepy-2.2.1/media/{films.INNER}")
        member.size = len(inner.getvalue())
        outer.addfile(member, io.BytesIO(inner.getvalue()))
    return path


def stand_in_for_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    path = tmp_path / "pip.py"
    path.write_text(program)
    monkeypatch.setattr(films, "_pip", lambda: [sys.executable, str(path)])


def test_fetch_when_pip_gets_the_archive_then_the_film_is_kept_and_pip_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive: Path
) -> None:
    monkeypatch.setattr(films, "FILM_SHA256", hashlib.sha256(FILM).hexdigest())
    calls = tmp_path / "calls.txt"
    stand_in_for_pip(
        tmp_path,
        monkeypatch,
        "import shutil, sys\n"
        f"open({str(calls)!r}, 'a').write(' '.join(sys.argv[1:]) + chr(10))\n"
        f"shutil.copy({str(archive)!r}, sys.argv[-1] + '/{films.ARCHIVE}')\n",
    )
    cache = tmp_path / "cache"
    assert not is_fetched(cache)
    for _ in range(2):
        assert fetch_big_buck_bunny(cache).read_bytes() == FILM
    (call,) = calls.read_text().splitlines()
    assert call.startswith("download ") and "--require-hashes" in call
    assert "index" not in call and "http" not in call  # the index is the user's own


def test_fetch_when_pip_fails_then_its_last_line_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_for_pip(tmp_path, monkeypatch, "import sys; sys.exit('No matching distribution')")
    with pytest.raises(FilmUnavailableError, match=r"\(No matching distribution\)"):
        fetch_big_buck_bunny(tmp_path)
    assert not is_fetched(tmp_path)

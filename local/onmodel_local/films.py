"""The demo's film Big Buck Bunny: downloaded once, verified by checksum, cached.

© Blender Foundation, www.bigbuckbunny.org, CC BY 3.0. It is part of the source archive of a
Python package (moviepy 2.2.1), so that only a package index is needed to get it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

NAME = "big-buck-bunny.mp4"
CREDIT = "Big Buck Bunny, © Blender Foundation (www.bigbuckbunny.org), CC BY 3.0"
INDEX = "https://pypi.org/simple/moviepy/"
ARCHIVE = "moviepy-2.2.1.tar.gz"
ARCHIVE_SHA256 = "c80cb56815ece94e5e3e2d361aa40070eeb30a09d23a24c4e684d03e16deacb1"
INNER = "moviepy_10_minutes/moviepy_10_minutes.zip"
INNER_FILM = "bbb.mp4"
FILM_SHA256 = "475fbbf34c4c367998f80c29ea03b15a743941179b12da3373fc6706e68621d0"

_BLOCK = 1 << 18
_TIMEOUT_SECONDS = 60

DownloadProgress = Callable[[int, int], None]
"""Called with the bytes so far and the total."""


class FilmUnavailableError(RuntimeError):
    """Raised when the film cannot be downloaded, or has a wrong checksum."""


def fetch_big_buck_bunny(cache: Path, progress: DownloadProgress | None = None) -> Path:
    """The film's path: 596 s, 1280 × 720, 24 fps, H.264, 50 MB. Needs the network once.

    Args:
        cache: folder of the film.
        progress: called during the download of 58 MB.

    Raises:
        FilmUnavailableError: no network, or a checksum that does not match.
    """
    path = cache / NAME
    if path.is_file() and _sha256(path.read_bytes()) == FILM_SHA256:
        return path
    archive = _download(_address(), progress or (lambda done, total: None))
    _check(archive, ARCHIVE_SHA256, ARCHIVE)
    film = _extract(archive)
    _check(film, FILM_SHA256, INNER_FILM)
    cache.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part")  # two runs at once do not share a file
    partial.write_bytes(film)  # after an interruption here, `path` does not exist
    return partial.replace(path)


def _address() -> str:
    request = urllib.request.Request(
        INDEX, headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - https
            files = json.load(answer)["files"]
    except (OSError, ValueError, KeyError) as fault:
        raise FilmUnavailableError(
            f"the package index {INDEX} cannot be read ({fault}). The first run needs the network;"
            " or give a film of your own"
        ) from fault
    for file in files:
        if file["filename"] == ARCHIVE:
            return str(file["url"])
    raise FilmUnavailableError(f"the package index no longer lists {ARCHIVE}")


def _download(address: str, progress: DownloadProgress) -> bytes:
    body = bytearray()
    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - https
            total = int(answer.headers.get("Content-Length") or 0)
            while block := answer.read(_BLOCK):
                body += block
                progress(len(body), total)
    except (OSError, ValueError) as fault:
        raise FilmUnavailableError(f"{address} cannot be fetched: {fault}") from fault
    return bytes(body)


def _extract(archive: bytes) -> bytes:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as outer:
            member = next(m for m in outer if m.name.endswith(INNER))
            inner = outer.extractfile(member)
            if inner is None:
                raise FilmUnavailableError(f"{INNER} is not a file")
            with zipfile.ZipFile(io.BytesIO(inner.read())) as folder:
                name = next(n for n in folder.namelist() if n.endswith("/" + INNER_FILM))
                return folder.read(name)
    except (tarfile.TarError, zipfile.BadZipFile, StopIteration) as fault:
        raise FilmUnavailableError(f"{ARCHIVE} does not hold the film: {fault}") from fault


def _check(body: bytes, expected: str, name: str) -> None:
    if _sha256(body) != expected:
        raise FilmUnavailableError(f"{name} has another checksum than expected; try again")


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()

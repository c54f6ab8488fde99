"""The demo's film Big Buck Bunny: fetched once by pip, verified by checksum, cached.

© Blender Foundation, www.bigbuckbunny.org, CC BY 3.0. It is part of the source archive of a
Python package (moviepy 2.2.1), so that only a package index is needed to get it: the one that pip
is configured with on this machine.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

NAME = "big-buck-bunny.mp4"
CREDIT = "Big Buck Bunny, © Blender Foundation (www.bigbuckbunny.org), CC BY 3.0"
ARCHIVE = "moviepy-2.2.1.tar.gz"
REQUIREMENT = (
    "moviepy==2.2.1 --hash=sha256:c80cb56815ece94e5e3e2d361aa40070eeb30a09d23a24c4e684d03e16deacb1"
)
INNER = "moviepy_10_minutes/moviepy_10_minutes.zip"
INNER_FILM = "bbb.mp4"
FILM_SHA256 = "475fbbf34c4c367998f80c29ea03b15a743941179b12da3373fc6706e68621d0"

PATIENCE_SECONDS = 900
TOOLS_PYTHON = Path(".venv-tools") / "bin" / "python"
"""Of the environment that `make setup` makes by the venv module, with pip in it."""


class FilmUnavailableError(RuntimeError):
    """Raised when the film cannot be fetched, or has a wrong checksum."""


def is_fetched(cache: Path) -> bool:
    """Whether the film lies in the cache, whole."""
    path = cache / NAME
    return path.is_file() and _sha256(path.read_bytes()) == FILM_SHA256


def fetch_big_buck_bunny(cache: Path) -> Path:
    """The film's path: 596 s, 1280 × 720, 24 fps, H.264, 50 MB. Needs a package index once.

    Args:
        cache: folder of the film.

    Raises:
        FilmUnavailableError: pip cannot get it, or a checksum does not match.
    """
    path = cache / NAME
    if is_fetched(cache):
        return path
    film = _extract(_fetch())
    if _sha256(film) != FILM_SHA256:
        raise FilmUnavailableError(f"{INNER_FILM} has another checksum than expected")
    cache.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part")  # two runs at once do not share a file
    partial.write_bytes(film)  # after an interruption here, `path` does not exist
    return partial.replace(path)


def _fetch() -> bytes:
    """The archive, whose hash pip compares before it reads it."""
    with TemporaryDirectory(prefix="onmodel-film-") as folder:
        wanted = Path(folder) / "film.txt"
        wanted.write_text(f"{REQUIREMENT}\n", encoding="utf-8")
        command = [
            *_pip(), "download", "--quiet", "--no-deps", "--no-binary", "moviepy",
            "--require-hashes", "--requirement", str(wanted), "--dest", folder,
        ]  # fmt: skip
        try:
            done = subprocess.run(  # noqa: S603 - pip, with our own arguments
                command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as late:
            raise FilmUnavailableError(
                f"pip did not fetch {ARCHIVE} within {PATIENCE_SECONDS / 60:g} minutes"
            ) from late
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
            raise FilmUnavailableError(
                f"pip cannot fetch {ARCHIVE} ({last[0]}). The first run needs a package index"
            )
        return (Path(folder) / ARCHIVE).read_bytes()


def _pip() -> list[str]:
    """Raises FilmUnavailableError where no Python has pip."""
    tools = Path(sys.prefix).parent / TOOLS_PYTHON
    for python in (str(tools), sys.executable, "python3"):
        command = [python, "-m", "pip"]
        try:
            found = subprocess.run([*command, "--version"], capture_output=True, check=False)  # noqa: S603
        except OSError:
            continue
        if found.returncode == 0:
            return command
    raise FilmUnavailableError("no Python here has pip: run `make setup`")


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


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()

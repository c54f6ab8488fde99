"""The films on this machine that are to be uploaded: found, read and checked."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from awscrt.checksums import crc64nvme

from onmodel.contracts.keys import as_typed
from onmodel.errors import FilmRefused
from onmodel.films.file_kinds import is_picture_archive
from onmodel.films.upload_layout import FilmFile, IgnoredUpload, classify, key_in
from onmodel_cli.checked_here import checked_here, no_file
from onmodel_cli.uploading import UploadProgress, check_key

READ_BYTES = 4 * 1024**2

FILM_ENDINGS = frozenset({
    ".mp4", ".m4v", ".mov", ".qt", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".mpe", ".m2v",
    ".vob", ".ts", ".mts", ".m2ts", ".mxf", ".wmv", ".asf", ".flv", ".f4v", ".ogv", ".ogg",
    ".ogm", ".3gp", ".3g2", ".divx", ".dv", ".gif", ".nut", ".y4m", ".rm", ".rmvb",
})  # fmt: skip
"""Of the files that are taken from a folder. A film that is named by itself may have any name."""


@dataclass(frozen=True)
class Film:
    """A local film and its key. `checksum` is its CRC64NVME as S3 writes it."""

    path: Path
    folder: str
    size: int
    checksum: str

    @property
    def name(self) -> str:
        return as_typed(self.path.name)

    @property
    def key(self) -> str:
        return key_in(self.folder, "films", self.name) if self.folder else self.name


def films_at(paths: Iterable[Path]) -> list[Path]:
    """The films that were named, and those in the folders that were named, in order of names.

    Raises:
        FilmRefused: a folder has no film.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = [path] if not path.is_dir() else [*_films_in(path)]
        if not inside:
            raise FilmRefused(
                f"There is no film in the folder {path.absolute()}",
                "Check the path. A film whose name has no film's ending must be named itself",
            )
        found |= dict.fromkeys(inside)
    return list(found)


def _films_in(folder: Path) -> Iterator[Path]:
    """By their names; hidden files and folders are left out, as the shell's * leaves them out."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        is_film = path.suffix.lower() in FILM_ENDINGS or is_picture_archive(path.name)
        if not is_film or any(part.startswith(".") for part in inside.parts):
            continue
        if path.is_file() and isinstance(classify(f"x/films/{inside.as_posix()}"), FilmFile):
            yield path


def read_film(path: Path, folder: str, progress: UploadProgress = lambda _: None) -> Film:
    """Check a local film and compute its checksum; nothing is sent.

    Raises:
        FilmRefused: no such file, a folder, empty, or a name that the stack takes for no film.
        NameRefused: its name cannot be a key.
    """
    check_key(key_in(folder, "films", path.name))
    if not path.is_file():
        raise FilmRefused(*no_file(path, "film"))
    _refuse_other_files(path.name)
    size = path.stat().st_size
    if not size:
        raise FilmRefused(f"{path.name} is empty", "Export or copy it again")
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            checksum = crc64nvme(block, checksum)
            progress(len(block))
    encoded = base64.b64encode(checksum.to_bytes(8, "big")).decode()
    return Film(path=path, folder=folder, size=size, checksum=encoded)


def check_film(path: Path) -> None:
    """What probe_film would refuse, by its own code, before gigabytes are sent.

    Raises:
        FilmRefused: as inspect_film says.
    """
    # loads PyAV: others do not wait
    from onmodel.films.picture_archive import open_picture_archive
    from onmodel.video.inspection.film import inspect_film

    try:
        with checked_here(path), path.open("rb") as source:
            if is_picture_archive(path.name):
                open_picture_archive(source).facts(path.stat().st_size)
                return
            inspect_film(source, size_bytes=path.stat().st_size)
    except FilmRefused as fault:
        raise FilmRefused(f"{path.name}: {fault.reason}", fault.advice) from fault


def _refuse_other_files(name: str) -> None:
    upload = classify(name)
    if isinstance(upload, IgnoredUpload):
        raise FilmRefused(
            f"{name} was not uploaded: by its name it is {upload.why}", "Give the film itself"
        )
    if not isinstance(upload, FilmFile):
        raise FilmRefused(
            f"{name} was not uploaded: by its name it is no film", "Give a film, such as an MP4"
        )

"""Reads a folder of pictures and captions, in the layouts in which people have them.

Our own export, Hugging Face's imagefolder (metadata.jsonl or metadata.csv beside the pictures),
kohya's (a .txt beside each picture, folders `<repeats>_<character>`), or pictures alone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from onmodel.contracts.keys import as_typed
from onmodel.errors import ReferenceRefused, RefusedError
from onmodel.films.file_kinds import is_picture_name
from onmodel.films.ignored_names import why_ignored
from onmodel.formats.wording import person_name
from onmodel_cli.exports.contracts import DROPPED_PICTURES, EXPORT, ITEMS, REVIEW

METADATA = ("metadata.jsonl", "metadata.csv")
CAPTIONS = (".txt", ".caption")
TEXT_COLUMNS = ("text", "caption", "alt_text", "prompt")
NAME_COLUMNS = ("name", "character")

OURS = frozenset({EXPORT, ITEMS, DROPPED_PICTURES, REVIEW})
"""Files of an export that are no pictures and no captions of their own."""

_REPEATED = re.compile(r"\d+_(.+)")
"""kohya's folder: how often its pictures are repeated, and whom they show."""


class ImportRefused(RefusedError):
    """Raised when a folder holds no pictures that can be imported."""


@dataclass(frozen=True)
class FoundPicture:
    """One picture of a folder. `caption` and `name` are '' where the folder says none."""

    path: Path
    sha256: str
    width: int
    height: int
    caption: str
    name: str


@dataclass(frozen=True)
class LeftOutFile:
    """A file or a line that is not imported, and why, as it follows its name."""

    path: str
    why: str


@dataclass(frozen=True)
class FoundFolder:
    """What a folder holds: pictures in the order of their paths."""

    pictures: tuple[FoundPicture, ...]
    left_out: tuple[LeftOutFile, ...]


def read_folder(folder: Path) -> FoundFolder:
    """Read all pictures below a folder, and what is said of each.

    Raises:
        ImportRefused: no folder, or no picture in it that can be read.
    """
    if not folder.is_dir():
        raise ImportRefused(f"There is no folder {folder}", "Check the path")
    told, left_out = _told(folder)
    pictures: list[FoundPicture] = []
    first: dict[str, str] = {}
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in files:
        name = path.relative_to(folder).as_posix()
        if path.name in {*OURS, *METADATA} or why_ignored(name) is not None or name in told.read:
            continue
        if not is_picture_name(path.name):
            left_out.append(LeftOutFile(name, "is no picture, and the caption of none"))
            continue
        try:
            picture = _picture(path, told.of.get(name, {}), folder)
        except (ReferenceRefused, OSError) as fault:
            why = fault.reason if isinstance(fault, ReferenceRefused) else str(fault.strerror)
            left_out.append(LeftOutFile(name, f"cannot be used: {why}"))
            continue
        same = first.setdefault(picture.sha256, name)
        if same != name:
            left_out.append(LeftOutFile(name, f"has the same bytes as {same}"))
            continue
        pictures.append(picture)
    if not pictures:
        why = "; ".join(f"{line.path} {line.why}" for line in left_out[:3])
        raise ImportRefused(
            f"{folder} holds no picture that can be imported" + (f": {why}" if why else ""),
            "Put JPEG, PNG, WebP or AVIF pictures there",
        )
    return FoundFolder(tuple(pictures), tuple(left_out))


@dataclass(frozen=True)
class _Told:
    """What files beside the pictures say: fields by the picture's path, and these files."""

    of: dict[str, dict[str, str]]
    read: set[str]


def _told(folder: Path) -> tuple[_Told, list[LeftOutFile]]:
    of: dict[str, dict[str, str]] = {}
    read: set[str] = set()
    left_out: list[LeftOutFile] = []
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    pictures = {path.with_suffix(""): path for path in files if is_picture_name(path.name)}
    names = {
        as_typed(name): name for path in files if (name := path.relative_to(folder).as_posix())
    }
    for path in files:
        name = path.relative_to(folder).as_posix()
        if why_ignored(name) is not None:
            continue
        try:
            if path.name in METADATA or name == ITEMS:
                for line, fields in _rows(path):
                    if isinstance(fields, str):
                        why = fields
                    elif (place := names.get(_place(name, fields))) is None:
                        why = f"names no picture of the folder: {fields.get('file_name', '')}"
                    else:
                        of[place] = of.get(place, {}) | fields
                        continue
                    left_out.append(LeftOutFile(f"{name}, line {line},", why))
            elif path.suffix.lower() in CAPTIONS and path.with_suffix("") in pictures:
                text = path.read_text("utf-8-sig")
                read.add(name)
                place = pictures[path.with_suffix("")].relative_to(folder).as_posix()
                of[place] = {"caption": text} | of.get(place, {})
        except (ValueError, csv.Error, OSError) as fault:  # also UnicodeDecodeError
            left_out.append(LeftOutFile(name, f"cannot be read: {fault}"))
            read.add(name)
    return _Told(of, read), left_out


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Number and fields of each line, every value as text; or why a line cannot be read."""
    text = path.read_text("utf-8-sig")
    if path.suffix == ".csv":
        for number, row in enumerate(csv.DictReader(io.StringIO(text, newline="")), start=2):
            yield number, {key: value for key, value in row.items() if key and value}
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _fields(line)


def _fields(line: str) -> dict[str, str] | str:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as fault:
        return f"cannot be read: {fault.msg}, column {fault.colno}"
    if not isinstance(record, dict):
        return "cannot be read: it is no JSON object"
    return {key: value for key, value in record.items() if isinstance(value, str)}


def _place(told_in: str, fields: Mapping[str, str]) -> str:
    """The path, from the folder, of what a line is about. Links count as the files they are to."""
    written = fields.get("file_name") or fields.get("path") or ""
    return as_typed(posixpath.normpath(posixpath.join(posixpath.dirname(told_in), written)))


def _picture(path: Path, fields: Mapping[str, str], folder: Path) -> FoundPicture:
    """Raises ReferenceRefused for what cannot be read as a picture, or OSError."""
    # loads OpenCV and PyAV: most commands do without
    from onmodel.films.uploaded_picture import read_picture
    from onmodel.vision.decoding import check_file_size

    check_file_size(path.stat().st_size)
    body = path.read_bytes()
    height, width = read_picture(body).pixels.shape[:2]
    return FoundPicture(
        path=path,
        sha256=hashlib.sha256(body).hexdigest(),
        width=width,
        height=height,
        caption=" ".join(_first(fields, TEXT_COLUMNS).split()),
        name=as_typed(_first(fields, NAME_COLUMNS)) or _name_of(path, folder),
    )


def _first(fields: Mapping[str, str], columns: tuple[str, ...]) -> str:
    return next((fields[column].strip() for column in columns if fields.get(column)), "")


def _name_of(path: Path, folder: Path) -> str:
    """Of the character that kohya's folder names; '' for a folder of another name."""
    parent = path.parent
    found = _REPEATED.fullmatch(parent.name) if parent != folder else None
    if found is None or found[1] == "unnamed":
        return ""
    return person_name(found[1]) if re.fullmatch(r"[a-z0-9-]+", found[1]) else as_typed(found[1])

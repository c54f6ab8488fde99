"""Captions and names that files of a folder give its pictures."""

from __future__ import annotations

import csv
import io
import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onmodel.contracts.keys import as_typed
from onmodel.films.file_kinds import is_picture_name
from onmodel.films.ignored_names import why_ignored
from onmodel_cli.exports.contracts import ITEMS

METADATA = ("metadata.jsonl", "metadata.csv")
REFERENCES = ("annotations.jsonl", "manifest.jsonl", "validation.jsonl")
"""At the root of exports. Their lines name pictures by addresses in a bucket, or by paths."""

TEXTS = (".txt", ".caption")
CAPTION_COLUMNS = ("text", "caption", "alt_text", "prompt")
NAME_COLUMNS = ("name", "character")
PATH_COLUMNS = ("file_name", "path", "image_ref", "image-ref")

_COCO = re.compile(r"annotations/captions_(\w+)\.json")

Fields = Mapping[str, str]
DescribedLine = tuple[str, str, Fields | str]
"""Where it stands, the picture that it names, and its fields or why they cannot be read."""


@dataclass(frozen=True)
class LeftOutFile:
    """A file or a line that is not imported, and why, as it follows its name."""

    path: str
    why: str


@dataclass
class Described:
    """What the files say.

    Attributes:
        captions: by the picture's path within the folder; '' where a file leaves it empty.
        names: of characters, likewise.
        files: that were read for this, or could not be.
        left_out: files and lines that describe no picture of the folder.
    """

    captions: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    left_out: list[LeftOutFile] = field(default_factory=list)

    def take(self, picture: str, fields: Fields) -> None:
        """Keep what is said of a picture; a text that was read before is not emptied."""
        for known, columns in ((self.captions, CAPTION_COLUMNS), (self.names, NAME_COLUMNS)):
            written = [fields[column].strip() for column in columns if column in fields]
            if written:
                known[picture] = next(filter(None, written), known.get(picture, ""))


class _Pictures:
    """The pictures of a folder, by what files call them."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._by_path = {as_typed(path): path for path in paths}
        self._by_stem = {path.rpartition(".")[0]: path for path in paths}
        self._by_file_name: dict[str, list[str]] = {}
        for path in paths:
            self._by_file_name.setdefault(posixpath.basename(path), []).append(path)

    def at(self, path: str) -> str | None:
        """The picture at a path within the folder, in any form of Unicode."""
        return self._by_path.get(as_typed(path))

    def beside(self, text: str) -> str | None:
        """The picture that a file of text is named after."""
        return self._by_stem.get(text.rpartition(".")[0])

    def at_end_of(self, address: str) -> str:
        """The path of the picture with this file name; the address where there is not just one."""
        same = self._by_file_name.get(posixpath.basename(address), [])
        return same[0] if len(same) == 1 else address


def read_descriptions(folder: Path) -> Described:
    """Read what the files of a folder say of its pictures.

    What items.jsonl says, which every export has, holds where no other file says it: people edit
    the files of the format. Metadata holds before a text beside the picture.
    """
    files = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and why_ignored(path.relative_to(folder).as_posix()) is None
    }
    pictures = _Pictures([name for name in files if is_picture_name(name)])
    exported, edited = Described(), Described()
    for name in sorted(files, key=lambda each: not each.lower().endswith(TEXTS)):
        _read(name, files[name], pictures, exported if name == ITEMS else edited)
    return Described(
        captions=exported.captions | edited.captions,
        names=exported.names | edited.names,
        files=exported.files | edited.files,
        left_out=[*exported.left_out, *edited.left_out],
    )


def _read(name: str, path: Path, pictures: _Pictures, described: Described) -> None:
    """One file, when it is one that describes pictures."""
    try:
        for where, written, fields in _lines(name, path, pictures):
            described.files.add(name)
            picture = pictures.at(written)
            if isinstance(fields, str):
                described.left_out.append(LeftOutFile(where, fields))
            elif picture is None:
                why = f"names no picture of the folder: {written}"
                described.left_out.append(LeftOutFile(where, why))
            else:
                described.take(picture, fields)
    except (ValueError, KeyError, TypeError, csv.Error, OSError) as fault:  # UnicodeDecodeError too
        described.left_out.append(LeftOutFile(name, f"cannot be read: {fault}"))
        described.files.add(name)


def _lines(name: str, path: Path, pictures: _Pictures) -> Iterator[DescribedLine]:
    """What a file says, line by line; nothing for a file of another kind."""
    if path.name in METADATA or name in {ITEMS, *REFERENCES}:
        for number, fields in _rows(path):
            where = f"{name}, line {number},"
            if isinstance(fields, str):
                yield where, "", fields
            elif name in REFERENCES:
                captions = {key: fields[key] for key in CAPTION_COLUMNS if key in fields}
                yield where, pictures.at_end_of(_written(fields)), captions
            else:
                yield where, _by_path(name, fields), fields
    elif path.suffix.lower() in TEXTS:
        if (picture := pictures.beside(name)) is not None:
            yield name, picture, {"caption": path.read_text("utf-8-sig")}
    elif found := _COCO.fullmatch(name):
        written = json.loads(path.read_text("utf-8-sig"))
        files = {each["id"]: each["file_name"] for each in written["images"]}
        for each in written["annotations"]:
            picture = f"{found[1]}/{files[each['image_id']]}"
            yield f"{name}, annotation {each['id']},", picture, {"caption": each["caption"]}


def _rows(path: Path) -> Iterator[tuple[int, Fields | str]]:
    """Number and fields of each line, every value as text; or why a line cannot be read."""
    text = path.read_text("utf-8-sig")
    if path.suffix == ".csv":
        for number, row in enumerate(csv.DictReader(io.StringIO(text, newline="")), start=2):
            yield number, {key: value for key, value in row.items() if key and value is not None}
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _fields(line)


def _fields(line: str) -> Fields | str:
    try:
        record: Any = json.loads(line)
    except json.JSONDecodeError as fault:
        return f"cannot be read: {fault.msg}, column {fault.colno}"
    if not isinstance(record, dict):
        return "cannot be read: it is no JSON object"
    return {key: value for key, value in record.items() if isinstance(value, str)}


def _written(fields: Fields) -> str:
    return next((fields[column] for column in PATH_COLUMNS if fields.get(column)), "")


def _by_path(described_in: str, fields: Fields) -> str:
    """The path, from the folder, of what a line is about. Links count as the files they are to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(described_in), _written(fields)))

"""Reads a folder of pictures and captions, in the layouts in which people have them.

Our own export, Hugging Face's imagefolder (metadata.jsonl or metadata.csv beside the pictures),
kohya's (a .txt beside each picture, folders `<repeats>_<character>`), or pictures alone.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from onmodel.contracts.keys import as_typed
from onmodel.errors import ReferenceRefused, RefusedError
from onmodel.films.file_kinds import is_picture_name
from onmodel.films.ignored_names import why_ignored
from onmodel.formats.wording import person_name
from onmodel_cli.exports.contracts import DROPPED_PICTURES, EXPORT, ITEMS, REVIEW
from onmodel_cli.imports.described import METADATA, Described, LeftOutFile, read_descriptions

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
    described = read_descriptions(folder)
    left_out = list(described.left_out)
    pictures: list[FoundPicture] = []
    first: dict[str, str] = {}
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in files:
        name = path.relative_to(folder).as_posix()
        if path.name in {*OURS, *METADATA} or name in described.files:
            continue
        if why_ignored(name) is not None:
            continue
        if not is_picture_name(path.name):
            left_out.append(LeftOutFile(name, "is no picture, and the caption of none"))
            continue
        try:
            picture = _picture(path, name, described, folder)
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


def _picture(path: Path, name: str, described: Described, folder: Path) -> FoundPicture:
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
        caption=" ".join(described.captions.get(name, "").split()),
        name=as_typed(described.names.get(name, "")) or _name_of(path, folder),
    )


def _name_of(path: Path, folder: Path) -> str:
    """Of the character that kohya's folder names; '' for a folder of another name."""
    parent = path.parent
    found = _REPEATED.fullmatch(parent.name) if parent != folder else None
    if found is None or found[1] == "unnamed":
        return ""
    return person_name(found[1]) if re.fullmatch(r"[a-z0-9-]+", found[1]) else as_typed(found[1])

"""Writes an exported folder as a whole: it is made beside its place, and moved there at the end."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from onmodel.contracts.keys import digest
from onmodel.errors import NotFound, RefusedError
from onmodel.films.ignored_names import why_ignored
from onmodel.formats.jsonl import write_lines
from onmodel.formats.wording import listed
from onmodel.ports.storage import ObjectStore
from onmodel_cli.exports.contracts import (
    DROPPED_PICTURES,
    EXPORT,
    ITEMS,
    REVIEW,
    DroppedPicture,
    Export,
    ExportedPicture,
)
from onmodel_cli.exports.dataset import DatasetPicture, ExportedDataset
from onmodel_cli.exports.layout import ExportFormat

DOWNLOADS_AT_ONCE = 8
"""Threads: botocore keeps ten connections."""

NAMED_CHANGES = 5
"""Changed files that a message names."""

CONTENT_DIGITS = 16
"""Of the hash in an unfinished folder's name: `.x.y.<hash>.partial` is of `x.y`, and not of `x`."""

MISSING = "missing"


class FolderRefused(RefusedError):
    """Raised when a folder cannot be written, or holds what is not of an export."""


@dataclass(frozen=True)
class Written:
    """A folder that holds an export; `dropped` has the pictures that it does not hold."""

    folder: Path
    export: Export
    dropped: tuple[DroppedPicture, ...]
    is_new: bool
    """False: the same export was there already."""


def write_export(
    dataset: ExportedDataset,
    layout: ExportFormat,
    *,
    name: str,
    folder: Path,
    studio: ObjectStore,
    overwrite: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Written:
    """Write a dataset into a folder, or find that it is there already.

    A folder that was exported before and not changed since is replaced. One that was interrupted
    goes on with the pictures that it has.

    Args:
        dataset: what is written.
        layout: the format.
        name: of the format.
        folder: absolute; its parents are made.
        studio: holds the pictures.
        overwrite: replace an export whose files a person changed too.
        progress: called with the pictures written and the pictures in all.

    Raises:
        FolderRefused: the folder holds something else, or cannot be written.
    """
    content = _content(dataset, layout, name)
    try:
        before = exported(folder)
        if before is not None and before.content == content and not list(changes(folder, before)):
            lines = dropped_from(folder)
            return Written(folder, before, lines, is_new=False)
        _refuse_to_lose(folder, before, overwrite=overwrite)
        return _write(dataset, layout, name, content, folder, studio, progress)
    except OSError as fault:
        raise FolderRefused(
            f"{fault.filename or folder} cannot be written: {fault.strerror or fault}",
            "Give another folder with --to; the pictures that were written are kept",
        ) from fault


def exported(folder: Path) -> Export | None:
    """What a folder says of itself; None for one that holds no whole export.

    Raises:
        FolderRefused: its export.json is not ours, or of a newer version.
    """
    path = folder / EXPORT
    if not path.is_file():
        return None
    try:
        return Export.model_validate_json(path.read_bytes())
    except ValidationError as fault:
        raise FolderRefused(
            f"{path} is not of an export that this version wrote", "Give another folder with --to"
        ) from fault


def dropped_from(folder: Path) -> tuple[DroppedPicture, ...]:
    lines = (folder / DROPPED_PICTURES).read_bytes().splitlines()
    return tuple(DroppedPicture.model_validate_json(line) for line in lines)


def changes(folder: Path, export: Export) -> Iterator[str]:
    """Files of an exported folder that were changed, deleted or added since, by their paths.

    What a review of the folder wrote, and what systems write into folders, is no change.
    """
    here = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for path in sorted(here - export.files.keys() - {EXPORT, REVIEW}):
        if why_ignored(path) is None:
            yield path
    for path, known in export.files.items():
        if path not in here or sha256((folder / path).read_bytes()) != known:
            yield path


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _refuse_to_lose(folder: Path, before: Export | None, *, overwrite: bool) -> None:
    if not folder.exists():
        return
    if before is None:
        if not folder.is_dir() or any(folder.iterdir()):
            raise FolderRefused(
                f"{folder} exists, and holds no export", "Give another folder with --to"
            )
        return
    changed = list(changes(folder, before))
    if changed and not overwrite:
        more = len(changed) - NAMED_CHANGES
        shown = [*changed[:NAMED_CHANGES], *([f"{more:,} more"] if more > 0 else [])]
        raise FolderRefused(
            f"{folder} holds {before.dataset_id} in format {before.format}, and was changed since:"
            f" {listed(shown)}",
            "Give another folder with --to, or write it anew with --overwrite",
        )


def _content(dataset: ExportedDataset, layout: ExportFormat, name: str) -> str:
    """A hash of all that a folder is made of, but for the bytes of its pictures."""
    lines = [_line(picture, layout).model_dump(mode="json") for picture in dataset.pictures]
    dropped = [line.model_dump(mode="json") for line in dataset.dropped]
    prefix = getattr(layout, "prefix", "")
    characters = {slug: one.model_dump(mode="json") for slug, one in dataset.characters.items()}
    of = (dataset.dataset_id, name, prefix, dataset.production_name, characters)
    return digest({"of": of, "pictures": lines, "dropped": dropped}, CONTENT_DIGITS)


def _write(
    dataset: ExportedDataset,
    layout: ExportFormat,
    name: str,
    content: str,
    folder: Path,
    studio: ObjectStore,
    progress: Callable[[int, int], None],
) -> Written:
    made = folder.with_name(f".{folder.name}.{content}.partial")
    for other in folder.parent.glob(f".{_literal(folder.name)}.{'?' * CONTENT_DIGITS}.partial"):
        if other != made:  # of an export that was interrupted, and is another one now
            shutil.rmtree(other)
    made.mkdir(parents=True, exist_ok=True)
    files, missing = _copy_pictures(dataset, layout, made, studio, progress)
    dropped = (*missing, *dataset.dropped)
    gone = {line.crop_id for line in missing}
    left = replace(
        dataset,
        pictures=tuple(each for each in dataset.pictures if each.item.crop_id not in gone),
    )
    texts = {
        **dict(layout.files(left)),
        ITEMS: write_lines(_line(picture, layout) for picture in left.pictures),
        DROPPED_PICTURES: write_lines(dropped),
    }
    for path, body in texts.items():
        put_whole(made / path, body)
        files[path] = sha256(body)
    export = Export(
        production=dataset.production,
        production_name=dataset.production_name,
        dataset_id=dataset.dataset_id,
        format=name,
        content=content,
        characters=dataset.characters,
        pictures=len(left.pictures),
        notices=tuple(layout.notices(left, made)),
        files=files,
    )
    put_whole(made / EXPORT, export.model_dump_json(indent=2).encode())
    _move(made, folder)
    return Written(folder, export, dropped, is_new=True)


def _copy_pictures(
    dataset: ExportedDataset,
    layout: ExportFormat,
    made: Path,
    studio: ObjectStore,
    progress: Callable[[int, int], None],
) -> tuple[dict[str, str], list[DroppedPicture]]:
    """Hashes of the pictures by their paths, and the pictures that are not in the bucket."""

    def copy(picture: DatasetPicture) -> str | None:
        place = made / layout.path(picture)
        if place.is_file():  # of an interrupted export: pictures never change under their keys
            return sha256(place.read_bytes())
        try:
            body = studio.get(picture.item.key)
        except NotFound:
            return None
        put_whole(place, body)
        return sha256(body)

    files: dict[str, str] = {}
    missing: list[DroppedPicture] = []
    total = len(dataset.pictures)
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        hashes = pool.map(copy, dataset.pictures)
        for done, (picture, known) in enumerate(zip(dataset.pictures, hashes, strict=True), 1):
            if known is None:
                missing.append(_missing(picture))
            else:
                files[layout.path(picture)] = known
            progress(done, total)
    return files, missing


def _line(picture: DatasetPicture, layout: ExportFormat) -> ExportedPicture:
    return ExportedPicture(
        path=layout.path(picture),
        caption=picture.caption,
        name=picture.name,
        film=picture.film,
        timecode=picture.timecode,
        item=picture.item,
        correction=picture.correction,
    )


def _missing(picture: DatasetPicture) -> DroppedPicture:
    return DroppedPicture(
        crop_id=picture.item.crop_id,
        film=picture.film,
        name=picture.name,
        reason=MISSING,
        detail="its file was deleted from the studio bucket",
        is_of_dataset=True,
    )


def put_whole(path: Path, body: bytes) -> None:
    """Written beside and moved: a file that exists is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.tmp")
    beside.write_bytes(body)
    beside.replace(path)


def _move(made: Path, folder: Path) -> None:
    """Put the folder in its place; what was there before is deleted after that."""
    old = folder.with_name(f".{folder.name}.old")
    if old.exists():
        shutil.rmtree(old)
    if folder.exists():
        folder.rename(old)
    made.rename(folder)
    if old.exists():
        shutil.rmtree(old)


def _literal(name: str) -> str:
    """For glob: every sign stands for itself."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)

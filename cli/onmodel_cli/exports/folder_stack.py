"""An exported folder behind the ports of a stack, so that the review page shows it unchanged.

Corrections are rows as in a stack, changed by compare-and-swap; each change is written into
review.jsonl at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.captions import BY_A_PERSON, Caption
from onmodel.contracts.film_rows import FilmBody, FolderBody, FolderStatus, RunStatus
from onmodel.contracts.keys import DatasetKeys, accepted_settings_key
from onmodel.contracts.review import CorrectionBody, CorrectionStatus, Decision, PostedCorrection
from onmodel.contracts.rows import Kind
from onmodel.contracts.settings import Settings
from onmodel.errors import Conflict, NotFound
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.ports.registry import Record
from onmodel.ports.storage import ObjectInfo
from onmodel.registry.kinds import CORRECTIONS, FILMS, PRODUCTIONS, CorrectionRow
from onmodel_cli.exports.contracts import ITEMS, Export, ExportedPicture
from onmodel_cli.exports.folder import FolderRefused, exported
from onmodel_cli.exports.review_file import read_review, write_review

NO_TIME = datetime.fromtimestamp(0, UTC)
"""Folders do not know when their rows were written."""

NO_DECISION = Decision()


class ReviewedFolder:
    """An exported folder that is reviewed.

    Attributes:
        export: what the folder says of itself.
        rows: as the Registry of its stack has them, as far as a review reads them.
        files: as the studio bucket has them.
    """

    def __init__(self, folder: Path) -> None:
        """Raises FolderRefused for a folder that holds no export, or a damaged one."""
        found = exported(folder)
        if found is None:
            raise FolderRefused(
                f"{folder} holds no export", f"Make one: `onmodel export -p NAME --to {folder}`"
            )
        self.export = found
        pictures = _pictures(folder)
        self.files = FolderFiles(folder, found, pictures)
        self.rows = FolderRows(folder, found, pictures)


def _pictures(folder: Path) -> tuple[ExportedPicture, ...]:
    path = folder / ITEMS
    again = "Export again to the same folder, with --overwrite"
    try:
        pictures = read_lines(ExportedPicture, path.read_bytes())
    except FileNotFoundError as fault:
        raise FolderRefused(f"There is no {path}", again) from fault
    except ValidationError as fault:
        raise FolderRefused(f"{path} has a line that no export has", again) from fault
    root = folder.resolve()
    for picture in pictures:
        if not (root / picture.path).resolve().is_relative_to(root):
            raise FolderRefused(f"{path} names {picture.path}, which is outside the folder", again)
    return pictures


class FolderFiles:
    """ObjectStore over the folder: its pictures, and the dataset's lines made of items.jsonl."""

    bucket = "folder"

    def __init__(self, folder: Path, export: Export, pictures: Iterable[ExportedPicture]) -> None:
        keys = DatasetKeys(export.production, export.dataset_id)
        known = tuple(pictures)
        self._pictures = {picture.path: folder / picture.path for picture in known}
        settings = Settings(characters=export.characters)
        self._texts = {
            accepted_settings_key(export.production): settings.model_dump_json().encode(),
            keys.items: write_lines(
                picture.item.model_copy(update={"key": picture.path}) for picture in known
            ),
            keys.captions: write_lines(
                Caption(crop_id=picture.item.crop_id, text=picture.caption, model=BY_A_PERSON)
                for picture in known
            ),
            keys.left_out: b"",
        }

    def get(self, key: str, version_id: str | None = None) -> bytes:
        if key in self._texts:
            return self._texts[key]
        try:
            return self._pictures[key].read_bytes()
        except (KeyError, FileNotFoundError):
            raise NotFound(key) from None

    def head(self, key: str, version_id: str | None = None) -> ObjectInfo:
        return ObjectInfo(key=key, size=len(self.get(key)), etag="")

    def read(self, key: str, start: int, end: int, version_id: str | None = None) -> bytes:
        return self.get(key)[start : max(start, end)]

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        for key in sorted({*self._texts, *self._pictures}):
            if key.startswith(prefix):
                yield self.head(key)

    def put(self, key: str, body: bytes, content_type: str) -> None:
        raise NotFound(f"{key}: a folder is only read")

    def delete_prefix(self, prefix: str) -> int:
        raise NotFound(f"{prefix}: a folder is only read")

    def presign(self, key: str, seconds: int) -> str:
        raise NotFound(f"{key}: a folder has no addresses")


class FolderRows:
    """Registry over the folder: the production's name, films' titles, and corrections."""

    def __init__(self, folder: Path, export: Export, pictures: Iterable[ExportedPicture]) -> None:
        self._folder = folder
        self._lock = Lock()
        self._rows: dict[tuple[str, str, str], Record] = {}
        self._is_loaded = False
        known = tuple(pictures)
        self._from = {
            picture.item.crop_id: picture.correction for picture in known if picture.correction
        }
        production = export.production
        name = FolderBody(folder=export.production_name)
        PRODUCTIONS.create(
            self, production, production, status=FolderStatus.KNOWN, body=name, now=NO_TIME
        )
        for film, title in {picture.item.film_id: picture.film for picture in known}.items():
            source = ObjectRef(bucket=FolderFiles.bucket, key=title)
            body = FilmBody(title=title, source=source, size_bytes=0)
            FILMS.create(self, production, film, status=RunStatus.PREPARED, body=body, now=NO_TIME)
        standing: dict[str, Decision] = {**self._from}
        for crop, decision in standing.items():
            self._give(production, crop, decision, self._from[crop].version)
        for posted in read_review(folder):
            self._give(production, posted.crop_id, posted, posted.version + 1)
        self._lines = {
            row.id: line for row in CORRECTIONS.list(self, production) if (line := self._line(row))
        }
        self._is_loaded = True

    def get(self, production: str, kind: str, id: str) -> Record | None:  # noqa: A002
        return self._rows.get((production, kind, id))

    def create(self, record: Record) -> Record:
        with self._lock:
            if _key(record) in self._rows:
                raise Conflict(f"{record.id} exists")
            return self._write(record, 1)

    def replace(self, record: Record) -> Record:
        with self._lock:
            row = self._rows.get(_key(record))
            if row is None or row.revision != record.revision:
                raise Conflict(f"{record.id} was written since")
            return self._write(record, record.revision + 1)

    def delete(self, record: Record) -> None:
        raise Conflict(f"{record.id}: rows of a folder are not deleted")

    def list(self, production: str, kind: str) -> Iterator[Record]:
        for key in sorted(self._rows):
            if key[:2] == (production, kind):
                yield self._rows[key]

    def list_all(self, kind: str) -> Iterator[Record]:
        return (row for row in tuple(self._rows.values()) if row.kind == kind)

    def _give(self, production: str, crop: str, decision: Decision, version: int) -> None:
        body = CorrectionBody(**_fields(decision), changed_at=NO_TIME)
        row = Record(
            production=production, kind=Kind.REVIEW, id=crop, status=CorrectionStatus.GIVEN,
            revision=version, created_at=NO_TIME, updated_at=NO_TIME,
            body=body.model_dump(mode="json"),
        )  # fmt: skip
        self._rows[_key(row)] = row

    def _write(self, record: Record, revision: int) -> Record:
        """The row and, when it is a correction, the file: the row stays when that fails."""
        written = record.model_copy(update={"revision": revision})
        before = self._rows.get(_key(record))
        self._rows[_key(record)] = written
        try:
            if record.kind == Kind.REVIEW and self._is_loaded:
                self._write_file(record)
        except OSError:
            if before is None:
                del self._rows[_key(record)]
            else:
                self._rows[_key(record)] = before
            raise
        return written

    def _write_file(self, record: Record) -> None:
        """Only the changed line is made: a folder may have 20,000 decisions."""
        row = CORRECTIONS.read(self, record.production, record.id)
        line = None if row is None else self._line(row)
        lines = {**self._lines, record.id: line or b""}
        write_review(self._folder, (lines[crop] for crop in sorted(lines)))
        self._lines = lines

    def _line(self, row: CorrectionRow) -> bytes | None:
        """What differs from what the stack had when the folder was written; None for nothing."""
        standing = self._from.get(row.id)
        decided = Decision(**_fields(row.body))
        if decided == (Decision(**_fields(standing)) if standing else NO_DECISION):
            return None
        version = standing.version if standing else 0
        posted = PostedCorrection(crop_id=row.id, version=version, **_fields(decided))
        return write_lines([posted])


def _fields(decision: Decision) -> dict[str, object]:
    return {name: getattr(decision, name) for name in Decision.model_fields}


def _key(record: Record) -> tuple[str, str, str]:
    return record.production, record.kind, record.id

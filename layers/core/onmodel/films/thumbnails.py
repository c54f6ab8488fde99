"""Stored thumbnails for reports: on disk, because those of a long film do not fit into memory."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Self

from onmodel.contracts.crops import Thumbnail
from onmodel.contracts.keys import FilmKeys
from onmodel.formats.jsonl import read_lines
from onmodel.ports.storage import ObjectStore


class ThumbnailFile(Mapping[str, bytes]):
    """JPEG by id, in one unnamed temporary file; memory holds only where each begins.

    Not for several threads at once. Used in a `with` statement, which deletes the file.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0

    def add(self, id: str, jpeg: bytes) -> None:  # noqa: A002
        """Store a picture; one that was stored under the id before is replaced."""
        self._file.seek(self._end)
        self._file.write(jpeg)
        self._places[id] = (self._end, len(jpeg))
        self._end += len(jpeg)

    def __getitem__(self, id: str) -> bytes:  # noqa: A002
        start, size = self._places[id]
        self._file.seek(start)
        return self._file.read(size)

    def __contains__(self, id: object) -> bool:  # noqa: A002
        return id in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def copy_thumbnails(
    keys: FilmKeys,
    chunks: Iterable[int],
    studio: ObjectStore,
    to: ThumbnailFile,
    wanted: Container[str] | None = None,
) -> None:
    """Copy the thumbnails of some chunks of a film: all, or those whose id is in `wanted`.

    Ids are crop_ids, and `frame-<milliseconds, nine digits>` for dropped frames.

    Raises:
        NotFound: a chunk has no thumbnails.
    """
    for index in chunks:
        for line in read_lines(Thumbnail, studio.get(keys.chunk(index).thumbnails)):
            if wanted is None or line.id in wanted:
                to.add(line.id, base64.b64decode(line.jpeg))

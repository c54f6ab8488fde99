"""A film in the uploads bucket as a file: read by ranges of one version, never downloaded."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import BinaryIO, cast

from onmodel.contracts.base import ObjectRef
from onmodel.errors import FilmRefused, NotFound
from onmodel.ports.storage import ObjectStore
from onmodel.video.container.range_reader import RangeReader


def open_film(uploads: ObjectStore, source: ObjectRef, size_bytes: int) -> BinaryIO:
    """The film. Reads raise Throttled and ServiceUnavailable; FilmRefused when it was deleted."""

    def read(start: int, end: int) -> bytes:
        try:
            return uploads.read(source.key, start, end, source.version_id)
        except NotFound as gone:
            name = PurePosixPath(source.key).name
            raise FilmRefused(f"{name} was deleted", "Upload it again") from gone

    reader = RangeReader(read, size_bytes)
    return cast(BinaryIO, reader)  # RawIOBase has all that a BinaryIO is asked for

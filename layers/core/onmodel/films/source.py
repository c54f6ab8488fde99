"""A film in the uploads bucket as a file: read by ranges of one version, never downloaded."""

from __future__ import annotations

from typing import BinaryIO, cast

from onmodel.contracts.base import ObjectRef
from onmodel.ports.storage import ObjectStore
from onmodel.video.container.range_reader import RangeReader


def open_film(uploads: ObjectStore, source: ObjectRef, size_bytes: int) -> BinaryIO:
    """Reads raise what the store raises: NotFound, Throttled, ServiceUnavailable."""
    reader = RangeReader(
        lambda start, end: uploads.read(source.key, start, end, source.version_id), size_bytes
    )
    return cast(BinaryIO, reader)  # RawIOBase has all that a BinaryIO is asked for

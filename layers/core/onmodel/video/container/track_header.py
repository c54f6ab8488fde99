"""The bytes of MP4, MOV, Matroska and ASF files that describe their tracks."""

from __future__ import annotations

from typing import IO

from onmodel.video.container.mp4_boxes import boxes

_MATROSKA = b"\x1a\x45\xdf\xa3"
_CLUSTER = b"\x1f\x43\xb6\x75"  # after Matroska's header
_ASF = b"\x30\x26\xb2\x75"
_SEARCHED_BYTES = 4 << 20  # from the beginning, or of MP4's header


def track_header(file: IO[bytes]) -> bytes:
    """The bytes that describe the tracks; none of a file of another format.

    The file's position is restored.
    """
    position = file.tell()
    try:
        return _track_header(file)
    finally:
        file.seek(position)


def is_matroska(header: bytes) -> bool:
    """Whether these are the first bytes of Matroska or WebM."""
    return header.startswith(_MATROSKA)


def _track_header(file: IO[bytes]) -> bytes:
    size = file.seek(0, 2)
    file.seek(0)
    beginning = file.read(8)
    if beginning.startswith((_MATROSKA, _ASF)):
        header = beginning + file.read(_SEARCHED_BYTES)
        return header.partition(_CLUSTER)[0] if is_matroska(header) else header
    if beginning[4:] != b"ftyp":
        return b""
    movie = next((box for box in boxes(file, 0, size) if box.name == b"moov"), None)
    if movie is None:
        return b""
    file.seek(movie.body)
    return file.read(min(movie.end - movie.body, _SEARCHED_BYTES))

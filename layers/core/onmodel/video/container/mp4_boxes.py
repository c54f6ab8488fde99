"""Boxes of MP4 and MOV (ISO 14496-12): values that FFmpeg reads but PyAV does not expose."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

ISO_BMFF = "mov"  # part of FFmpeg's name for MP4 and MOV
_HEADER = 16  # size, name, and a 64-bit size when the first size is 1
_SMALLEST = 8
MOST_TOP_BOXES = 200_000  # 12 hours of fragments of half a second
_OF_FRAGMENTS = (b"moof", b"styp", b"sidx", b"emsg", b"prft")  # pictures follow after them
_MOST_BOXES = 100  # read per level; fragmented films have moov before their many fragments
# offset of the matrix in the body, for box versions 0 and 1 (8.2.2, 8.3.2)
_MATRIX_AT = {b"mvhd": (36, 48), b"tkhd": (40, 52)}
_MATRIX_BYTES = 36  # nine numbers of 32 bits
_HEADER_BYTES = 52 + _MATRIX_BYTES  # enough for the matrix of every box and version


@dataclass(frozen=True)
class BoxSpan:
    """A box's name and the span [body, end) of its body in the file.

    Attributes:
        missing: bytes that its header declares beyond the limit.
    """

    name: bytes
    body: int
    end: int
    missing: int = 0


def read_box(file: IO[bytes], start: int, limit: int) -> BoxSpan:
    """The box at `start`; its body is cut off at `limit`."""
    file.seek(start)
    header = file.read(_HEADER)
    size, body = int.from_bytes(header[:4], "big"), start + _SMALLEST
    if size == 1:
        size, body = int.from_bytes(header[8:16], "big"), start + _HEADER
    if (
        size < body - start
    ):  # 0 means "to the end of the file"; a size smaller than the header is invalid
        size = limit - start
    missing = max(start + size - limit, 0)
    return BoxSpan(header[4:8], min(body, limit), min(start + size, limit), missing)


def declares_no_rotation(file: IO[bytes]) -> bool:
    """Whether the headers of an MP4 or MOV say that its pictures are neither rotated nor mirrored.

    False if they do not say so: then a decoded picture has to be asked. The file's position is
    restored.
    """
    position = file.tell()
    try:
        return _headers_declare_no_rotation(file)
    finally:
        file.seek(position)


def bytes_after_film(file: IO[bytes]) -> int:
    """Bytes from a second film on, where files were joined end to end; 0 if there is none.

    A second film has a box of its own, or is of another format and begins with no box at all.

    The file's position is restored.
    """
    position = file.tell()
    try:
        size = file.seek(0, 2)
        start = 0
        for box in boxes(file, 0, size):
            is_box = box.name.isalnum() or box.name.strip(b" \xa9").isalnum()
            if start and (box.name == b"ftyp" or not (is_box or box.name == bytes(4))):
                return size - start
            start = box.end
        return 0
    finally:
        file.seek(position)


def readable_end(file: IO[bytes]) -> int:
    """Where a file ends without a last box that is incomplete; its size if that one is media data.

    A recorder or an upload that stops may leave the beginning of a box, which says nothing.

    The file's position is restored.
    """
    position = file.tell()
    try:
        start, size = 0, file.seek(0, 2)
        for _ in range(MOST_TOP_BOXES):
            if start + _SMALLEST > size:
                return start
            box = read_box(file, start, size)
            if box.missing:
                return size if box.name == b"mdat" else start
            start = box.end
        return size
    finally:
        file.seek(position)


def begins_fragment(box: BoxSpan) -> bool:
    """Whether the pictures of a fragment follow after a box; its name may be cut off."""
    return len(box.name) < len(b"moof") or box.name in _OF_FRAGMENTS


def lacks_index(file: IO[bytes]) -> bool:
    """Whether a file has the media data of an MP4 or MOV, and ends before its index or within it.

    The file's position is restored.
    """
    position = file.tell()
    try:
        found = list(boxes(file, 0, file.seek(0, 2)))
        indexed = any(box.name in (b"moov", b"moof") and not box.missing for box in found)
        return not indexed and any(box.name == b"mdat" for box in found)
    finally:
        file.seek(position)


def _headers_declare_no_rotation(file: IO[bytes]) -> bool:
    size = file.seek(0, 2)
    movie = next((box for box in boxes(file, 0, size) if box.name == b"moov"), None)
    if movie is None:
        return False
    inside = list(boxes(file, movie.body, movie.end))
    if len(inside) == _MOST_BOXES:
        return False
    tracks = [box for box in inside if box.name == b"trak"]
    headers = [box for box in inside if box.name == b"mvhd"]
    for track in tracks:
        headers += [box for box in boxes(file, track.body, track.end) if box.name == b"tkhd"]
    return len(headers) == len(tracks) + 1 and all(
        _is_identity_rotation(file, box) for box in headers
    )


def boxes(file: IO[bytes], start: int, end: int) -> Iterator[BoxSpan]:
    """The first boxes of a span, at most _MOST_BOXES."""
    for _ in range(_MOST_BOXES):
        if start + _SMALLEST > end:
            return
        box = read_box(file, start, end)
        yield box
        start = box.end


def _is_identity_rotation(file: IO[bytes], header: BoxSpan) -> bool:
    file.seek(header.body)
    body = file.read(min(header.end - header.body, _HEADER_BYTES))  # the declared size may be wrong
    version_0, version_1 = _MATRIX_AT[header.name]
    at = version_1 if body[:1] == b"\x01" else version_0
    if len(body) < at + _MATRIX_BYTES:
        return False
    a, b, _u, c, d = struct.unpack_from(">5i", body, at)
    return bool(a > 0 and d > 0 and b == c == 0)

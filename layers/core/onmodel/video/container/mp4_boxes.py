"""Boxes of MP4 and MOV (ISO 14496-12): what FFmpeg reads of them and PyAV does not tell."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

BOXED = "mov"  # in FFmpeg's name of both formats
_HEADER = 16  # size, name, and a 64-bit size when the first says 1
_SMALLEST = 8
_MOST_BOXES = 100  # side by side; films of fragments list their header first
# where the matrix lies in the body, by version of the box (8.2.2, 8.3.2)
_MATRIX_AT = {b"mvhd": (36, 48), b"tkhd": (40, 52)}
_MATRIX_BYTES = 36  # nine numbers of 32 bits
_HEADER_BYTES = 52 + _MATRIX_BYTES  # enough of any of them


@dataclass(frozen=True)
class BoxSpan:
    """Where a box lies: its body is [body, end)."""

    name: bytes
    body: int
    end: int


def read_box(file: IO[bytes], start: int, limit: int) -> BoxSpan:
    """The box that begins at a byte; it ends at `limit` at the latest."""
    file.seek(start)
    header = file.read(_HEADER)
    size, body = int.from_bytes(header[:4], "big"), start + _SMALLEST
    if size == 1:
        size, body = int.from_bytes(header[8:16], "big"), start + _HEADER
    if size < body - start:  # 0 says "to the end of the file"; less than a header is a lie
        size = limit - start
    return BoxSpan(header[4:8], min(body, limit), min(start + size, limit))


def surely_upright(file: IO[bytes]) -> bool:
    """Whether no header of an MP4 or MOV asks for its pictures to be turned or mirrored.

    False when in doubt: a decoded picture then tells. The file is left where it was.
    """
    here = file.tell()
    try:
        return _says_upright(file)
    finally:
        file.seek(here)


def _says_upright(file: IO[bytes]) -> bool:
    size = file.seek(0, 2)
    movie = next((box for box in _boxes(file, 0, size) if box.name == b"moov"), None)
    if movie is None:
        return False
    inside = list(_boxes(file, movie.body, movie.end))
    if len(inside) == _MOST_BOXES:
        return False
    tracks = [box for box in inside if box.name == b"trak"]
    headers = [box for box in inside if box.name == b"mvhd"]
    for track in tracks:
        headers += [box for box in _boxes(file, track.body, track.end) if box.name == b"tkhd"]
    return len(headers) == len(tracks) + 1 and all(_is_upright(file, box) for box in headers)


def _boxes(file: IO[bytes], start: int, end: int) -> Iterator[BoxSpan]:
    for _ in range(_MOST_BOXES):
        if start + _SMALLEST > end:
            return
        box = read_box(file, start, end)
        yield box
        start = box.end


def _is_upright(file: IO[bytes], header: BoxSpan) -> bool:
    file.seek(header.body)
    body = file.read(min(header.end - header.body, _HEADER_BYTES))  # its size may be a lie
    old, new = _MATRIX_AT[header.name]
    at = new if body[:1] == b"\x01" else old
    if len(body) < at + _MATRIX_BYTES:
        return False
    a, b, _u, c, d = struct.unpack_from(">5i", body, at)
    return bool(a > 0 and d > 0 and b == c == 0)

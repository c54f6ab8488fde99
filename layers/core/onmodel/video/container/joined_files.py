"""Finds where files were joined end to end: MP4, Matroska and FLV have a header for each film.

FFmpeg reads such a file up to the first film's end, or with the first film's header. So each film
is read by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, cast

from onmodel.video.container.mp4_boxes import ISO_BMFF, boxes

MATROSKA = "matroska"
"""FFmpeg's names of Matroska and WebM begin so."""

_BLOCK = 1 << 20
_MATROSKA = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"
_DOCUMENT_TYPES = (b"matroska", b"webm")
_HEADER_BYTES = 80  # of a Matroska header up to its segment; the usual ones have 40
_FLV, _FLV_HEADER_ENDS = b"FLV\x01", b"\0\0\0\x09\0\0\0\0"
_MOST_FILMS = 200


class _FileSpan:
    """The bytes [start, end) of a file, as a file; it moves the position of the whole file."""

    def __init__(self, file: IO[bytes], start: int, end: int) -> None:
        self._file, self._start, self._end = file, start, end
        self._at = 0

    def read(self, size: int = -1, /) -> bytes:
        left = max(self._end - self._start - self._at, 0)
        self._file.seek(self._start + self._at)
        data = self._file.read(left if size < 0 else min(size, left))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        base = (0, self._at, self._end - self._start)[whence]
        self._at = max(base + offset, 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def expect(self, start: int, end: int) -> None:
        """Announce bytes that will be read, as RangeReader does."""
        announce = getattr(self._file, "expect", None)
        if announce is not None:
            announce(self._start + start, self._start + end)


def file_span(file: IO[bytes], start: int, end: int) -> IO[bytes]:
    """The bytes [start, end) of a file as a file of its own, which shares its position."""
    return cast("IO[bytes]", _FileSpan(file, start, end))


def joined_films(file: IO[bytes], container: str, searched: int = 0) -> tuple[tuple[int, int], ...]:
    """The spans of bytes of the films of a file, in order; one span where nothing was joined.

    The file's position is restored.

    Args:
        file: the film.
        container: FFmpeg's name of its format.
        searched: Matroska and FLV are searched from this byte on.
    """
    position = file.tell()
    try:
        size = file.seek(0, 2)
        if ISO_BMFF in container:
            found = [box.body - 8 for box in boxes(file, 0, size) if box.name == b"ftyp"]
        elif container.startswith(MATROSKA):
            found = [
                at for at in _all_of(file, _MATROSKA, searched, size) if _is_matroska(file, at)
            ]
        elif container == "flv":
            marks = list(_all_of(file, _FLV, searched, size))
            found = [at for at in marks if _is_flv(file, at)]
        else:
            found = []
    finally:
        file.seek(position)
    starts = [0, *(at for at in found if at > 0)][:_MOST_FILMS]
    return tuple(zip(starts, [*starts[1:], size], strict=True))


def _all_of(file: IO[bytes], mark: bytes, first: int, size: int) -> Iterator[int]:
    """Where a mark stands."""
    for start in range(first, size, _BLOCK):
        file.seek(start)
        block = file.read(_BLOCK + len(mark) - 1)
        at = block.find(mark)
        while at >= 0:
            yield start + at
            at = block.find(mark, at + 1)


def _is_matroska(file: IO[bytes], at: int) -> bool:
    file.seek(at)
    header = file.read(_HEADER_BYTES)
    return _SEGMENT in header and any(name in header for name in _DOCUMENT_TYPES)


def _is_flv(file: IO[bytes], at: int) -> bool:
    file.seek(at)
    header = file.read(13)
    return header[4:5] in (b"\1", b"\4", b"\5") and header[5:] == _FLV_HEADER_ENDS

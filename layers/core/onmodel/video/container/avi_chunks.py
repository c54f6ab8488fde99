"""Reads over what follows the last picture of an AVI: sound, repeated pictures and the index."""

from __future__ import annotations

from onmodel.video.container.opening import Readable

_HEADER = 8  # bytes: four of the chunk's name, four of its size
_MOST_CHUNKS = 10_000
_PLAIN_NAMES = (b"idx1", b"JUNK")
_SOUND, _PARTIAL_INDEX = b"wb", b"ix"


def end_without_pictures(file: Readable, start: int) -> int:
    """The byte from `start` on up to which no chunk of an AVI file holds a picture.

    An empty chunk repeats the picture before it. Where a chunk with a picture or of an unknown
    kind follows, its first byte is the end. The file's position is restored.

    Args:
        file: the film.
        start: the byte after a chunk.
    """
    position = file.tell()
    try:
        size, at = file.seek(0, 2), start
        for _ in range(_MOST_CHUNKS):
            at += at % 2  # chunks begin at even bytes
            file.seek(at)
            header = file.read(_HEADER)
            if len(header) < _HEADER:
                return size
            name, length = header[:4], int.from_bytes(header[4:], "little")
            if length and not _without_picture(name):
                return at
            at = min(at + _HEADER + length, size)
        return at
    finally:
        file.seek(position)


def _without_picture(name: bytes) -> bool:
    return name in _PLAIN_NAMES or name.endswith(_SOUND) or name.startswith(_PARTIAL_INDEX)

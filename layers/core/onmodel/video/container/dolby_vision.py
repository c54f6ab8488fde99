"""Dolby Vision without a picture that other players can show.

Such films (profile 5) hold colours in a form that only Dolby's own decoders convert; shown as an
ordinary film they are green and purple. The configuration record ("Dolby Vision Streams Within the
ISO Base Media File Format", 2.1; Matroska has the same record) says it.
"""

from __future__ import annotations

from typing import IO

from onmodel.video.container.mp4_boxes import boxes

_NAMES = (b"dvcC", b"dvvC", b"dvwC")
_MATROSKA = b"\x1a\x45\xdf\xa3"
_EXTRA_DATA = b"\x41\xed"  # BlockAddIDExtraData: the record, after its size
_ALONE = (b"dvh1", b"dvhe", b"dav1")  # samples of these names are for Dolby's decoders alone
_SEARCHED_BYTES = 4 << 20  # from the beginning, or of MP4's header
_RECORD_BYTES = 5


def needs_dolby_vision(file: IO[bytes], codec_tag: str) -> bool:
    """Whether a film's pictures can be shown by Dolby Vision alone.

    The file's position is restored.

    Args:
        file: MP4, MOV or Matroska; any other is searched in vain.
        codec_tag: the container's code of the codec.
    """
    position = file.tell()
    try:
        header = _header(file)
    finally:
        file.seek(position)
    records = [record for name in _NAMES for record in _records(header, name)]
    if not records:
        return codec_tag.encode() in _ALONE
    return all(_has_no_base(record) for record in records)


def _header(file: IO[bytes]) -> bytes:
    """The bytes that describe the tracks."""
    size = file.seek(0, 2)
    file.seek(0)
    beginning = file.read(8)
    if beginning.startswith(_MATROSKA):
        return beginning + file.read(_SEARCHED_BYTES)
    if beginning[4:] != b"ftyp":
        return b""
    movie = next((box for box in boxes(file, 0, size) if box.name == b"moov"), None)
    if movie is None:
        return b""
    file.seek(movie.body)
    return file.read(min(movie.end - movie.body, _SEARCHED_BYTES))


def _records(header: bytes, name: bytes) -> list[bytes]:
    found, at = [], header.find(name)
    while at >= 0:
        start = at + len(name)
        if header.startswith(_MATROSKA):
            extra = header.find(_EXTRA_DATA, start, start + 64)
            start = extra + len(_EXTRA_DATA) + 1 if extra >= 0 else len(header)
        record = header[start : start + _RECORD_BYTES]
        if len(record) == _RECORD_BYTES and record[0] in (1, 2):  # versions 1 and 2
            found.append(record)
        at = header.find(name, at + 1)
    return found


def _has_no_base(record: bytes) -> bool:
    """Byte 4 begins with four bits: which ordinary form the base layer is compatible with."""
    return record[4] >> 4 == 0

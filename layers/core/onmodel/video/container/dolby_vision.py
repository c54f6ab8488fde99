"""Dolby Vision without a picture that other players can show.

Such films (profile 5) hold colours in a form that only Dolby's own decoders convert; shown as an
ordinary film they are green and purple. The configuration record ("Dolby Vision Streams Within the
ISO Base Media File Format", 2.1; Matroska has the same record) says it.
"""

from __future__ import annotations

from typing import IO

from onmodel.video.container.track_header import is_matroska, track_header

_NAMES = (b"dvcC", b"dvvC", b"dvwC")
_EXTRA_DATA = b"\x41\xed"  # BlockAddIDExtraData: the record, after its size
_ALONE = (b"dvh1", b"dvhe", b"dav1")  # samples of these names are for Dolby's decoders alone
_RECORD_BYTES = 5


def needs_dolby_vision(file: IO[bytes], codec_tag: str) -> bool:
    """Whether a film's pictures can be shown by Dolby Vision alone.

    The file's position is restored.

    Args:
        file: MP4, MOV or Matroska; any other is searched in vain.
        codec_tag: the container's code of the codec.
    """
    header = track_header(file)
    records = [record for name in _NAMES for record in _records(header, name)]
    if not records:
        return codec_tag.encode() in _ALONE
    return all(_has_no_base(record) for record in records)


def _records(header: bytes, name: bytes) -> list[bytes]:
    found, at = [], header.find(name)
    while at >= 0:
        start = at + len(name)
        if is_matroska(header):
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

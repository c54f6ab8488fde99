"""Finds encrypted films: their pictures decode to noise, or to nothing without a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from onmodel.video.container.track_header import track_header

_MP4_ENTRIES = (b"encv", b"drmi")  # samples of encrypted pictures: ISO 14496-12 8.12, and iTunes'
_MP4_SCHEME = re.compile(rb"sinf.{4}frma", re.DOTALL)  # in such an entry
# ContentEncodings, ContentEncoding, ContentEncryption, and sizes and elements between them
_MATROSKA_SCHEME = re.compile(rb"\x6d\x80.{1,8}?\x62\x40.{1,64}?\x50\x35", re.DOTALL)
_ASF_SCHEME = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e")  # Content Encryption Object
_SEARCHED_BYTES = 1 << 20  # of a stream, at its beginning and in its middle
_TS_SIZES = (188, 192, 204)  # bytes of a packet
_TS_SYNC = 0x47
_TS_PAYLOAD, _TS_SCRAMBLED = 0x10, 0xC0  # flags in a packet's fourth byte
_TS_PROVED = 8  # packets that prove the size
_PS_PICTURES = re.compile(rb"\x00\x00\x01[\xe0-\xef]..([\x80-\xbf])", re.DOTALL)
_MOSTLY = 0.2  # of a stream's packets; tables, and some of the pictures, stay clear


def is_encrypted(file: IO[bytes], container: str) -> bool:
    """Whether a film's pictures are encrypted.

    The file's position is restored.

    Args:
        file: the film.
        container: FFmpeg's name of its format.
    """
    if container in ("mpegts", "mpeg"):
        scrambled = _ts_packets if container == "mpegts" else _ps_packets
        flags = [flag for part in _parts(file) for flag in scrambled(part)]
        return sum(flags) > _MOSTLY * len(flags)
    header = track_header(file)
    return (
        any(name in header for name in _MP4_ENTRIES) and _MP4_SCHEME.search(header) is not None
    ) or (_MATROSKA_SCHEME.search(header) is not None or _ASF_SCHEME in header)


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    position = file.tell()
    try:
        size = file.seek(0, 2)
        for start in {0, size // 2}:
            file.seek(start)
            yield file.read(_SEARCHED_BYTES)
    finally:
        file.seek(position)


def _ts_packets(part: bytes) -> list[bool]:
    """Whether each packet with a payload is scrambled (ISO 13818-1 2.4.3.2)."""
    for size in _TS_SIZES:
        for start in range(min(size, len(part))):
            if part[start : start + size * _TS_PROVED : size] == bytes([_TS_SYNC]) * _TS_PROVED:
                packets = zip(part[start::size], part[start + 3 :: size], strict=False)
                return [
                    flags & 0xC0 != 0 for sync, flags in packets if sync == _TS_SYNC and flags & 16
                ]
    return []


def _ps_packets(part: bytes) -> list[bool]:
    """Whether each packet of pictures is scrambled, as on DVDs (ISO 13818-1 2.4.3.6)."""
    return [found[1][0] & 0x30 != 0 for found in _PS_PICTURES.finditer(part)]

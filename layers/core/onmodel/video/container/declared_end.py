"""Whether a file ends before the byte that its own headers declare as its end."""

from __future__ import annotations

from typing import IO

from onmodel.video.container.joined_files import MATROSKA

_SEGMENT = b"\x18\x53\x80\x67"  # Matroska's element that holds everything after the header
_EBML_HEADER_BYTES = 1024  # the longest header that is searched for a segment
_LONGEST_SIZE = 8  # bytes of an element's size
_RIFF_PADDING = 8  # bytes by which writers disagree
_RIFF_UNKNOWN = (0, 0xFFFFFFFF)  # of a recorder that could not write the size
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")  # File Properties Object
_ASF_SIZE_AT, _ASF_FLAGS_AT, _ASF_BROADCAST = 40, 88, 1
_FLV_TAG = 11  # bytes of a tag's header; four bytes follow its body
_MOST_TAGS = 10_000  # after the last picture: sound


def is_cut_off(file: IO[bytes], container: str, picture: int) -> bool:
    """Whether the end of a film is missing; False where its format does not say it.

    Matroska, AVI and ASF declare their size, and FLV that of each tag. The file's position is
    restored.

    Args:
        file: the film.
        container: FFmpeg's name of its format.
        picture: position of a packet of pictures near the end.
    """
    position = file.tell()
    try:
        size = file.seek(0, 2)
        file.seek(0)
        if container.startswith(MATROSKA):
            return size < _segment_end(file.read(_EBML_HEADER_BYTES))
        if container == "avi":
            return size < _riff_end(file.read(8))
        if container == "asf":
            return size < _asf_end(file.read(64 << 10))
        return container == "flv" and _last_tag_end(file, picture, size) != size
    finally:
        file.seek(position)


def _segment_end(header: bytes) -> int:
    at = header.find(_SEGMENT)
    if at < 0 or at + len(_SEGMENT) >= len(header):
        return 0
    at += len(_SEGMENT)
    length = _LONGEST_SIZE + 1 - header[at].bit_length()
    if length > _LONGEST_SIZE:
        return 0
    bits = 7 * length
    declared = int.from_bytes(header[at : at + length], "big") & ((1 << bits) - 1)
    return 0 if declared == (1 << bits) - 1 else at + length + declared  # all ones: not known


def _riff_end(header: bytes) -> int:
    declared = int.from_bytes(header[4:8], "little")
    return 0 if declared in _RIFF_UNKNOWN else declared + 8 - _RIFF_PADDING


def _asf_end(header: bytes) -> int:
    at = header.find(_ASF_PROPERTIES)
    if at < 0 or len(header) < at + _ASF_FLAGS_AT + 4:
        return 0
    if header[at + _ASF_FLAGS_AT] & _ASF_BROADCAST:
        return 0
    return int.from_bytes(header[at + _ASF_SIZE_AT :][:8], "little")


def _last_tag_end(file: IO[bytes], tag: int, size: int) -> int:
    """Where the last tag ends by its header; `size` if the tags from a picture on are too many."""
    for _ in range(_MOST_TAGS):
        if tag >= size:
            return tag
        file.seek(tag)
        header = file.read(_FLV_TAG)
        if len(header) < _FLV_TAG:
            return size + 1
        tag += _FLV_TAG + int.from_bytes(header[1:4], "big") + 4
    return size

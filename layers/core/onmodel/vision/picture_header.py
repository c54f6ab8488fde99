"""Format and size of a picture file, read from its header without decoding a pixel.

The header of a file of a few kilobytes can declare billions of pixels: such a file is refused
before memory is allocated for it. The checks of the manifest use the same facts.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

PictureFormat = Literal["jpeg", "png", "webp"]
PictureKind = Literal["jpeg", "png", "webp", "avif", "heic"]

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# ITU T.81 table B.1: start of frame of every coding process; C4, C8 and CC are other segments.
JPEG_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers without a length behind them: TEM and the restarts.
JPEG_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})  # AV1 Image File Format, 6
_HEIC_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
)  # ISO 23008-12, annex B
JPEG_END = b"\xff\xd9"


@dataclass(frozen=True)
class PictureHeader:
    """Format and stored size in pixels, before any EXIF rotation.

    `complete` is False when the end of the file is certainly missing.
    """

    format: PictureFormat
    width: int
    height: int
    complete: bool


def picture_kind(data: bytes) -> PictureKind | None:
    """What a file is by its first bytes, whatever it is called; None for anything else.

    Args:
        data: at least the first 256 bytes.
    """
    if data.startswith(PNG_SIGNATURE):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    brands = _brands(data)
    if not brands.isdisjoint(_AVIF_BRANDS):  # also has the brands that HEIC has
        return "avif"
    return None if brands.isdisjoint(_HEIC_BRANDS) else "heic"


def read_header(data: bytes) -> PictureHeader | None:
    """Header of a whole JPEG, PNG or WebP file; None for anything else."""
    read = {"jpeg": _jpeg, "png": _png, "webp": _webp}.get(picture_kind(data) or "")
    return None if read is None else read(data)


def _brands(data: bytes) -> frozenset[bytes]:
    """The kinds that an ISO base media file claims to be (ISO 14496-12, 4.3)."""
    if data[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(data[:4], "big"), 256)
    listed = {data[at : at + 4] for at in range(16, end, 4)}
    return frozenset({data[8:12], *listed})


def _png(data: bytes) -> PictureHeader | None:
    """The first chunk of a PNG is IHDR, the last IEND (W3C PNG, 5.6)."""
    if len(data) < 33 or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:24])
    return PictureHeader("png", width, height, complete=b"IEND" in data[-4096:])


def _jpeg(data: bytes) -> PictureHeader | None:
    """Walk the segments up to the start of frame, by their declared lengths; no segment is read."""
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in JPEG_BARE_MARKERS:
            at += 2
        elif marker in JPEG_FRAME_MARKERS:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            # After the frame header, the bytes FF D9 can only be the end-of-image marker.
            return PictureHeader("jpeg", width, height, complete=data.rfind(JPEG_END) > at)
        else:
            at += 2 + int(struct.unpack(">H", data[at + 2 : at + 4])[0])
    return None


def _webp(data: bytes) -> PictureHeader | None:
    """Reads the first chunk: lossy, lossless or extended (WebP container specification)."""
    complete = len(data) >= 8 + int.from_bytes(data[4:8], "little")
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        return None
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        return PictureHeader("webp", width & 0x3FFF, height & 0x3FFF, complete)
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return PictureHeader("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, complete)
    if kind == b"VP8X":
        width = int.from_bytes(body[4:7], "little") + 1
        height = int.from_bytes(body[7:10], "little") + 1
        return PictureHeader("webp", width, height, complete)
    return None

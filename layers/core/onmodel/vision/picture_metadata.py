"""What a picture file says beside its pixels: which way is up, and the colours that it means."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from onmodel.vision.picture_header import JPEG_BARE_MARKERS, PNG_SIGNATURE, PictureFormat
from onmodel.vision.png_colours import COLOUR_CHUNKS

UPRIGHT = 1
PROFILE_LIMIT_BYTES = 4_000_000  # of an ICC profile; those of printers have up to 3 MB
_JPEG_SCAN = 0xDA  # ITU T.81: after this segment come the coded pixels
_APP1, _APP2 = 0xE1, 0xE2
_EXIF, _ICC = b"Exif\0\0", b"ICC_PROFILE\0"
_PNG_GREY = 0  # colour type
_ORIENTATION, _SHORT = 0x0112, 3  # TIFF 6.0: tag, and type of 16 bits


@dataclass(frozen=True)
class PictureMetadata:
    """Metadata of a picture file.

    Attributes:
        orientation: of EXIF, 1 (upright) to 8.
        profile: the ICC profile; None without one.
        png_chunks: of a PNG, those that png_colours reads, by name.
        transparent_grey: of a grey PNG, the value as decoded whose pixels are transparent.
    """

    orientation: int = UPRIGHT
    profile: bytes | None = None
    png_chunks: Mapping[bytes, bytes] = field(default_factory=dict)
    transparent_grey: int | None = None


def read_metadata(data: bytes, format: PictureFormat) -> PictureMetadata:  # noqa: A002
    """Metadata of a whole file; what is damaged counts as missing.

    Args:
        data: the file.
        format: of the file, from `read_header`.
    """
    read = {"jpeg": _jpeg, "png": _png, "webp": _webp}[format]
    return read(data)


def exif_orientation(tiff: bytes) -> int:
    """The orientation in an EXIF block, which has the form of a TIFF header; 1 without one."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    try:
        if order is None:
            return UPRIGHT
        (at,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, at)
        for entry in range(count):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, at + 2 + 12 * entry)
            if tag == _ORIENTATION and kind == _SHORT and 1 <= value <= 8:
                return int(value)
    except struct.error:
        return UPRIGHT
    return UPRIGHT


def _jpeg(data: bytes) -> PictureMetadata:
    orientation, parts = UPRIGHT, dict[int, bytes]()
    for marker, body in _jpeg_segments(data):
        if marker == _APP1 and body.startswith(_EXIF):
            orientation = exif_orientation(body[len(_EXIF) :])
        elif marker == _APP2 and body.startswith(_ICC) and len(body) > len(_ICC) + 2:
            parts[body[len(_ICC)]] = body[len(_ICC) + 2 :]  # numbered from 1 (ICC.1, annex B.4)
    profile = b"".join(parts[number] for number in sorted(parts))
    return PictureMetadata(orientation, profile or None)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in JPEG_BARE_MARKERS:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == _JPEG_SCAN:
            return
        length = max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length


def _png(data: bytes) -> PictureMetadata:
    orientation, profile, chunks = UPRIGHT, None, dict[bytes, bytes]()
    for kind, body in _png_chunks(data):
        if kind == b"eXIf":
            orientation = exif_orientation(body.removeprefix(_EXIF))
        elif kind == b"iCCP":
            # a name of at most 79 bytes, a zero, the method (W3C PNG, 11.3.2.3)
            profile = _inflated(body[body.find(b"\0", 0, 80) + 2 :])
        elif kind in {*COLOUR_CHUNKS, b"tRNS", b"IHDR"}:
            chunks.setdefault(kind, body)
    grey = _transparent_grey(chunks.pop(b"IHDR", b""), chunks.pop(b"tRNS", b""))
    return PictureMetadata(orientation, profile, chunks, grey)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(PNG_SIGNATURE)
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length


def _transparent_grey(header: bytes, transparent: bytes) -> int | None:
    """The value of tRNS (W3C PNG, 11.3.1.1), scaled as OpenCV scales fewer than 8 bits."""
    if len(header) < 10 or header[9] != _PNG_GREY or len(transparent) != 2:
        return None
    bits, value = header[8], int.from_bytes(transparent, "big")
    return value * 255 // (2**bits - 1) if bits in (1, 2, 4) else value


def _inflated(compressed: bytes) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(compressed, PROFILE_LIMIT_BYTES) or None
    except zlib.error:
        return None


def _webp(data: bytes) -> PictureMetadata:
    orientation, profile, at = UPRIGHT, None, 12
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + length]
        if kind == b"EXIF":
            orientation = exif_orientation(body.removeprefix(_EXIF))
        elif kind == b"ICCP":
            profile = body or None
        at += 8 + length + length % 2
    return PictureMetadata(orientation, profile)

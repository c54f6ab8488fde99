"""AVIF files of several items, written box by box (ISO 23008-12): grids, thumbnails, alpha."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import av
import numpy as np
from PIL import Image

ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"


@dataclass(frozen=True)
class Item:
    """One coded picture, or a grid (`kind` b"grid") whose body is its description."""

    body: bytes
    width: int
    height: int
    kind: bytes = b"av01"
    configuration: bytes = b""
    auxiliary: bytes = b""


def coded(pixels: np.ndarray, auxiliary: bytes = b"") -> Item:
    """A picture as AV1: (height, width, 3), or (height, width) for alpha."""
    file = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(file, "AVIF", quality=100, subsampling="4:4:4")
    with av.open(io.BytesIO(file.getvalue())) as container:
        body = bytes(next(container.demux(container.streams.video[0])))
    whole = file.getvalue()
    at = whole.index(b"av1C")
    size = int.from_bytes(whole[at - 4 : at], "big")
    height, width = pixels.shape[:2]
    return Item(body, width, height, b"av01", whole[at + 4 : at - 4 + size], auxiliary)


def grid(rows: int, columns: int, width: int, height: int) -> Item:
    body = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    return Item(body, width, height, b"grid")


def heif(items: list[Item], primary: int, references: list[tuple[bytes, int, list[int]]]) -> bytes:
    """A file of items numbered from 1, and of their references (kind, from, to)."""
    properties, associations = b"", b""
    number = 0
    for index, item in enumerate(items, 1):
        own = [_full(b"ispe", struct.pack(">II", item.width, item.height))]
        own += [_box(b"av1C", item.configuration)] if item.configuration else []
        own += [_full(b"auxC", item.auxiliary)] if item.auxiliary else []
        numbers = range(number + 1, number + 1 + len(own))
        number += len(own)
        properties += b"".join(own)
        associations += struct.pack(">HB", index, len(own)) + bytes(numbers)
    ipma = _full(b"ipma", struct.pack(">I", len(items)) + associations)
    entries = b"".join(
        _box(b"infe", b"\2\0\0\0" + struct.pack(">HH", index, 0) + item.kind + b"\0")
        for index, item in enumerate(items, 1)
    )
    refers = b"".join(
        _box(kind, struct.pack(f">HH{len(to)}H", item, len(to), *to))
        for kind, item, to in references
    )
    start = b"ftyp", b"avif" + bytes(4) + b"avifmif1miaf"

    def meta(places: list[tuple[int, int]]) -> bytes:
        located = b"".join(
            struct.pack(">HHHII", index, 0, 1, at, size)
            for index, (at, size) in enumerate(places, 1)
        )
        parts = (
            _full(b"hdlr", bytes(4) + b"pict" + bytes(13)),
            _full(b"pitm", struct.pack(">H", primary)),
            _full(b"iloc", struct.pack(">BBH", 0x44, 0, len(items)) + located),
            _full(b"iinf", struct.pack(">H", len(items)) + entries),
            _full(b"iref", refers) if refers else b"",
            _box(b"iprp", _box(b"ipco", properties) + ipma),
        )
        return _full(b"meta", b"".join(parts))

    sizes = [len(item.body) for item in items]
    first = len(_box(*start)) + len(meta([(0, size) for size in sizes])) + 8
    begins = [first + sum(sizes[:index]) for index in range(len(sizes))]
    media = _box(b"mdat", b"".join(item.body for item in items))
    return _box(*start) + meta(list(zip(begins, sizes, strict=True))) + media


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def _full(name: bytes, body: bytes) -> bytes:
    return _box(name, bytes(4) + body)

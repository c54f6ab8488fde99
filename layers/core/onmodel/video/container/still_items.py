"""The pictures in an AVIF file: which one is shown, and which one is its transparency.

A file may hold more: thumbnails, depth maps, and the frames of an animation. ISO 23008-12 and ISO
14496-12 (8.11) describe the boxes.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from onmodel.video.container.mp4_boxes import BoxSpan, boxes

_ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"
_FULL = 4  # bytes of version and flags


@dataclass(frozen=True)
class StillItems:
    """Ids of the items.

    Attributes:
        shown: the picture; None where the file does not say.
        alpha: its transparency; None for an opaque picture.
        premultiplied: the colours were multiplied with alpha.
    """

    shown: int | None = None
    alpha: int | None = None
    premultiplied: bool = False


def still_items(data: bytes) -> StillItems:
    """The items of a whole AVIF file; what is damaged counts as missing."""
    file = io.BytesIO(data)
    found = {}
    for meta in boxes(file, 0, len(data)):
        if meta.name == b"meta":
            found = {box.name: box for box in boxes(file, meta.body + _FULL, meta.end)}
            break
    try:
        if b"pitm" not in found:
            return StillItems()
        shown = _primary(data[found[b"pitm"].body : found[b"pitm"].end])
        references = list(_references(file, data, found.get(b"iref")))
        alpha_items = _alpha_items(file, data, found.get(b"iprp"))
    except (struct.error, IndexError):
        return StillItems()
    alpha = next(
        (item for kind, item, of in references if kind == b"auxl" and shown in of
         and item in alpha_items), None,
    )  # fmt: skip
    premultiplied = any(kind == b"prem" and item == shown for kind, item, _ in references)
    return StillItems(shown, alpha, premultiplied)


def _primary(body: bytes) -> int:
    form = ">H" if body[0] == 0 else ">I"
    return int(struct.unpack_from(form, body, _FULL)[0])


def _references(
    file: io.BytesIO, data: bytes, iref: BoxSpan | None
) -> Iterator[tuple[bytes, int, tuple[int, ...]]]:
    """Kind, the item that refers, and the items it refers to."""
    if iref is None:
        return
    letter, width = ("H", 2) if data[iref.body] == 0 else ("I", 4)
    for box in boxes(file, iref.body + _FULL, iref.end):
        item, count = struct.unpack_from(f">{letter}H", data, box.body)
        of = struct.unpack_from(f">{count}{letter}", data, box.body + width + 2)
        yield box.name, item, of


def _alpha_items(file: io.BytesIO, data: bytes, iprp: BoxSpan | None) -> frozenset[int]:
    """The items with the property that they are transparency."""
    if iprp is None:
        return frozenset()
    inside = {box.name: box for box in boxes(file, iprp.body, iprp.end)}
    if not {b"ipco", b"ipma"} <= inside.keys():
        return frozenset()
    properties = boxes(file, inside[b"ipco"].body, inside[b"ipco"].end)
    alpha = {
        number
        for number, box in enumerate(properties, 1)
        if box.name == b"auxC" and data[box.body + _FULL : box.end].startswith(_ALPHA)
    }
    return frozenset(
        item for item, own in _associations(data, inside[b"ipma"]) if not alpha.isdisjoint(own)
    )


def _associations(data: bytes, ipma: BoxSpan) -> Iterator[tuple[int, frozenset[int]]]:
    """Each item, and the numbers of its properties."""
    at = ipma.body + _FULL
    (count,) = struct.unpack_from(">I", data, at)
    at += 4
    item_form = ">H" if data[ipma.body] < 1 else ">I"
    is_wide = bool(data[ipma.body + 3] & 1)
    for _ in range(count):
        if at >= ipma.end:
            return
        (item,) = struct.unpack_from(item_form, data, at)
        at += struct.calcsize(item_form)
        number = data[at]
        at += 1
        form, mask = (f">{number}H", 0x7FFF) if is_wide else (f">{number}B", 0x7F)
        own = struct.unpack_from(form, data, at)
        at += struct.calcsize(form)
        yield item, frozenset(each & mask for each in own)

"""Finds the AV1 packets that other packets refer to, from their frame headers.

refresh_frame_flags lists the reference slots that a frame is stored in. When it is stored in none,
no other frame can refer to its pixels, probabilities or motion. Section numbers are those of the
AV1 specification, version 1.0.0 with errata 1. VP9 has such flags too, but a VP9 frame also reads
the motion vectors of the frame decoded before it, even if that one was not stored: no VP9 frame
can be left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_SEQUENCE_HEADER, _FRAME_HEADER, _FRAME = 1, 3, 6  # OBU types, 6.2.2
_KEY, _INTRA_ONLY, _SWITCH = 0, 2, 3  # frame types, 6.8.2
_SELECT = 2  # SELECT_SCREEN_CONTENT_TOOLS, SELECT_INTEGER_MV: each frame header has the value
_CONFIGURATION_BYTES = 4  # the part of av1C before its OBUs


class _Bits:
    """Reads unsigned numbers, most significant bit first; raises EOFError past the end."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise EOFError
        return (self._value >> self._left) & ((1 << count) - 1)


@dataclass(frozen=True)
class Av1ReferenceFlags:
    """Reads refresh_frame_flags; the attributes are fields of the sequence header (5.5).

    They decide how many bits precede the flags in a frame header.
    """

    screen_content_tools: int
    integer_motion: int
    frame_id_bits: int
    order_hint_bits: int

    @classmethod
    def of(cls, extradata: bytes) -> Av1ReferenceFlags | None:
        """From an av1C record; None if it has no sequence header, or an unsupported one."""
        try:
            for kind, payload in _units(extradata[_CONFIGURATION_BYTES:]):
                if kind == _SEQUENCE_HEADER:
                    return cls._sequence(_Bits(payload))
        except EOFError:
            return None
        return None

    @classmethod
    def _sequence(cls, bits: _Bits) -> Av1ReferenceFlags | None:
        bits.take(4)  # profile, still picture
        if bits.take(1):  # reduced_still_picture_header: not supported
            return None
        if bits.take(1):  # timing_info_present_flag: longer frame headers, not supported
            return None
        display_delay = bits.take(1)
        for _ in range(bits.take(5) + 1):
            bits.take(12)
            if bits.take(5) > 7:  # seq_tier is present for levels from 4.0 on
                bits.take(1)
            if display_delay and bits.take(1):
                bits.take(4)
        width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
        bits.take(width_bits + height_bits)
        frame_id_bits = bits.take(4) + bits.take(3) + 3 if bits.take(1) else 0
        bits.take(7)  # superblock size, intra filters, and tools of inter frames
        order_hint = bits.take(1)
        bits.take(2 * order_hint)
        screen = _SELECT if bits.take(1) else bits.take(1)
        integer = _SELECT
        if screen and not bits.take(1):
            integer = bits.take(1)
        return cls(screen, integer, frame_id_bits, bits.take(3) + 1 if order_hint else 0)

    def is_reference(self, packet: bytes) -> bool:
        """Whether a temporal unit holds a frame that is stored; True if that cannot be read."""
        frames = 0
        try:
            for kind, payload in _units(packet):
                if kind == _SEQUENCE_HEADER:
                    return True
                if kind in (_FRAME_HEADER, _FRAME):
                    if self._is_stored(_Bits(payload[:16])):  # the flags lie within 12 bytes
                        return True
                    frames += 1
        except EOFError:
            return True
        return frames == 0

    def _is_stored(self, bits: _Bits) -> bool:
        """Reads a frame header (5.9.2) up to refresh_frame_flags."""
        if bits.take(1):  # show_existing_frame: nothing is decoded, so skipping gains nothing
            return True
        kind, shown = bits.take(2), bits.take(1)
        if not shown:
            bits.take(1)
        if kind == _SWITCH or (kind == _KEY and shown):
            return True
        resilient = bits.take(1)
        bits.take(1)
        screen = bits.take(1) if self.screen_content_tools == _SELECT else self.screen_content_tools
        if screen and self.integer_motion == _SELECT:
            bits.take(1)
        bits.take(self.frame_id_bits + 1 + self.order_hint_bits)
        if kind not in (_KEY, _INTRA_ONLY) and not resilient:
            bits.take(3)
        return bits.take(8) != 0


def _units(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and payload of each OBU (5.3)."""
    offset = 0
    while offset < len(data):
        header = data[offset]
        offset += 2 if header & 4 else 1
        size = len(data) - offset
        if header & 2:
            size, offset = _leb128(data, offset)
        yield (header >> 3) & 15, data[offset : offset + size]
        offset += size


def _leb128(data: bytes, offset: int) -> tuple[int, int]:
    """A leb128 number (4.10.5) of at most 8 bytes, and the offset after it."""
    value = 0
    for count in range(8):
        if offset + count >= len(data):
            raise EOFError
        byte = data[offset + count]
        value |= (byte & 127) << (7 * count)
        if byte < 128:
            return value, offset + count + 1
    raise EOFError

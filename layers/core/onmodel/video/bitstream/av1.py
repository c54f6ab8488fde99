"""Which AV1 packets others refer to, out of their frame headers.

A frame names in refresh_frame_flags the slots that it is kept in; kept in none, no other can refer
to it, its probabilities or its motion. Section numbers are those of the AV1 specification, version
1.0.0 with errata 1. VP9 has such flags too, but the next frame there reads the motion of the one
decoded before it, kept or not: none of its frames can be left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_SEQUENCE_HEADER, _FRAME_HEADER, _FRAME = 1, 3, 6  # OBU types, 6.2.2
_KEY, _INTRA_ONLY, _SWITCH = 0, 2, 3  # frame types, 6.8.2
_SELECT = 2  # SELECT_SCREEN_CONTENT_TOOLS, SELECT_INTEGER_MV: the frame's own header says
_CONFIGURATION_BYTES = 4  # of av1C before its OBUs


class _Bits:
    """Unsigned numbers of so many bits, the first bit first; EOFError past the end."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise EOFError
        return (self._value >> self._left) & ((1 << count) - 1)


@dataclass(frozen=True)
class Av1Marks:
    """What a frame header's length depends on, from the sequence header (5.5)."""

    screen_content_tools: int
    integer_motion: int
    frame_id_bits: int
    order_hint_bits: int

    @classmethod
    def of(cls, extradata: bytes) -> Av1Marks | None:
        """From an av1C record; None without one, or for streams with a decoder model."""
        try:
            for kind, payload in _units(extradata[_CONFIGURATION_BYTES:]):
                if kind == _SEQUENCE_HEADER:
                    return cls._sequence(_Bits(payload))
        except EOFError:
            return None
        return None

    @classmethod
    def _sequence(cls, bits: _Bits) -> Av1Marks | None:
        bits.take(4)  # profile, still picture
        if bits.take(1):  # a single picture with a header of its own
            return None
        if bits.take(1):  # timing information: broadcasts; their frame headers hold more
            return None
        display_delay = bits.take(1)
        for _ in range(bits.take(5) + 1):
            bits.take(12)
            if bits.take(5) > 7:  # levels from 4.0 on have a tier
                bits.take(1)
            if display_delay and bits.take(1):
                bits.take(4)
        width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
        bits.take(width_bits + height_bits)
        frame_id_bits = bits.take(4) + bits.take(3) + 3 if bits.take(1) else 0
        bits.take(7)  # superblocks, filters, and five tools of inter frames
        order_hint = bits.take(1)
        bits.take(2 * order_hint)
        screen = _SELECT if bits.take(1) else bits.take(1)
        integer = _SELECT
        if screen and not bits.take(1):
            integer = bits.take(1)
        return cls(screen, integer, frame_id_bits, bits.take(3) + 1 if order_hint else 0)

    def is_reference(self, packet: bytes) -> bool:
        """Whether a temporal unit holds a frame that is kept; True when in doubt."""
        frames = 0
        try:
            for kind, payload in _units(packet):
                if kind == _SEQUENCE_HEADER:
                    return True
                if kind in (_FRAME_HEADER, _FRAME):
                    if self._is_kept(_Bits(payload[:16])):  # the flags lie within 12 bytes
                        return True
                    frames += 1
        except EOFError:
            return True
        return frames == 0

    def _is_kept(self, bits: _Bits) -> bool:
        """5.9.2, up to refresh_frame_flags."""
        if bits.take(1):  # a kept frame is shown: nothing to decode, so nothing to save
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
    """A number of up to 8 bytes of 7 bits, the low ones first (4.10.5), and what follows it."""
    value = 0
    for count in range(8):
        if offset + count >= len(data):
            raise EOFError
        byte = data[offset + count]
        value |= (byte & 127) << (7 * count)
        if byte < 128:
            return value, offset + count + 1
    raise EOFError

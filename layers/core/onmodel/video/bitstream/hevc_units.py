"""What the units of an HEVC packet say of pictures that FFmpeg does not show.

A Dolby Vision reference picture unit (ETSI GS CCM 001, 5) stands behind each picture, in every
container. Its header tells profile 5, whose colours only Dolby's own decoders convert. Units of a
higher layer hold transparency or a second view (HEVC, annexes F and G).
"""

from __future__ import annotations

from onmodel.video.bitstream.reference_flags import units

_RPU = 62  # unit type that HEVC leaves to others
_RPU_PREFIX, _RPU_TYPE = 25, 2
_HEADER_BYTES = 64  # of a unit; the header is far shorter
_FIRST_NON_SLICE = 32


def unit_length_size(extradata: bytes) -> int:
    """Bytes of the length before each unit; 0 where units begin with start codes."""
    return (extradata[21] & 3) + 1 if extradata[:1] == b"\x01" and len(extradata) > 22 else 0


def is_dolby_vision_alone(data: bytes, length_size: int) -> bool:
    """Whether a picture is of profile 5: no other decoder shows its colours."""
    for offset in units(data, length_size):
        if (data[offset] >> 1) & 63 == _RPU:
            return _is_profile_5(data[offset + 2 : offset + _HEADER_BYTES])
    return False


def has_higher_layer(data: bytes, length_size: int) -> bool:
    """Whether a packet has slices of transparency or a second view."""
    for offset in units(data, length_size):
        layer = (data[offset] & 1) << 5 | data[offset + 1] >> 3 if offset + 1 < len(data) else 0
        if layer and (data[offset] >> 1) & 63 < _FIRST_NON_SLICE:
            return True
    return False


class _Bits:
    """Reads bits from the highest on; behind the end all are 0."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        shifted = self._value >> self._left if self._left >= 0 else 0
        return shifted & ((1 << count) - 1)

    def take_exp_golomb(self) -> int:
        zeros = 0
        while not self.take(1) and zeros < 32:
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)


def _is_profile_5(body: bytes) -> bool:
    bits = _Bits(body.replace(b"\0\0\3", b"\0\0"))  # the 3 keeps start codes out of units
    if bits.take(8) != _RPU_PREFIX or bits.take(6) != _RPU_TYPE:
        return False
    bits.take(11)  # format
    profile = bits.take(4)
    bits.take(4)  # level
    if profile or not bits.take(1):
        return False
    bits.take(1)  # filter of the chroma
    if bits.take(2) == 0:
        bits.take_exp_golomb()  # denominator of the coefficients
    bits.take(2)  # normalized index
    return bool(bits.take(1))  # the base layer has full range: only in profile 5

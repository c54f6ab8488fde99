"""Reads what H.264 says of a packet that is flagged as a keyframe (ITU-T H.264, annex D)."""

from __future__ import annotations

from onmodel.video.bitstream.reference_flags import units

_SEI, _IDR, _RECOVERY_POINT = 6, 5, 6
_UNIT_BYTES = 64  # of a unit; recovery points stand at its beginning


def length_size(extradata: bytes) -> int:
    """Bytes of the length before each unit; 0: start codes."""
    return (extradata[4] & 3) + 1 if extradata[:1] == b"\x01" and len(extradata) > 6 else 0


def begins_gradual_refresh(packet: bytes, size: int) -> bool:
    """Whether a whole picture is there only some pictures after a packet (intra refresh).

    Args:
        packet: that the container flags as a keyframe.
        size: bytes of the length before each unit; 0: start codes.
    """
    starts = list(units(packet, size))
    if any(packet[start] & 31 == _IDR for start in starts):
        return False
    return any(
        packet[start] & 31 == _SEI and _recovers_later(packet[start + 1 : start + _UNIT_BYTES])
        for start in starts
    )


def _recovers_later(messages: bytes) -> bool:
    """Whether one of a unit's messages is a recovery point after more than 0 pictures."""
    at = 0
    while at + 2 < len(messages):
        kind, size = messages[at], messages[at + 1]
        if kind == _RECOVERY_POINT:
            return messages[at + 2] & 0x80 == 0  # the code of 0 is the single bit 1
        at += 2 + size
    return False

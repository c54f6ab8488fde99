"""Recovery points of H.264."""

from __future__ import annotations

import pytest

from onmodel.video.bitstream.h264_units import begins_gradual_refresh, length_size

START = b"\0\0\1"
SLICE, IDR = START + b"\x41\x9a\x06", START + b"\x65\x88\x84"
LATER = START + b"\x06\x06\x02\x13\x10\x80"  # after 18 pictures
AT_ONCE = START + b"\x06\x06\x01\xc4\x80"
TEXT_THEN_LATER = START + b"\x06\x05\x02ab\x06\x02\x13\x10\x80"


@pytest.mark.parametrize(
    ("packet", "gradual"),
    [
        (LATER + SLICE, True),
        (TEXT_THEN_LATER + SLICE, True),
        (AT_ONCE + SLICE, False),
        (SLICE, False),
        (LATER + IDR, False),
        (START + b"\x06", False),
        (b"", False),
    ],
)
def test_begins_gradual_refresh_when_packet_has_messages_then_by_its_recovery_point(
    packet: bytes, gradual: bool
) -> None:
    assert begins_gradual_refresh(packet, 0) is gradual


@pytest.mark.parametrize(("extradata", "size"), [(b"", 0), (b"\1dM\0\xff" + bytes(4), 4)])
def test_length_size_when_read_then_by_the_configuration(extradata: bytes, size: int) -> None:
    assert length_size(extradata) == size

from __future__ import annotations

from pathlib import Path

import av
from drawn.films import draw_film
from hypothesis import given
from hypothesis import strategies as st

from onmodel.video.bitstream.av1 import Av1ReferenceFlags

PLAIN = Av1ReferenceFlags(
    screen_content_tools=0, integer_motion=0, frame_id_bits=0, order_hint_bits=7
)
TEMPORAL_DELIMITER = b"\x12\x00"
INTER_SHOWN = "00110000000001111"  # up to primary_ref_frame


def unit(kind: int, bits: str) -> bytes:
    """An OBU with a size field, from the bits of its payload."""
    body = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return bytes([kind << 3 | 2, len(body)]) + body


def test_is_reference_when_frame_is_stored_in_no_slot_then_false():
    not_stored = TEMPORAL_DELIMITER + unit(6, INTER_SHOWN + "00000000")
    stored = TEMPORAL_DELIMITER + unit(6, INTER_SHOWN + "00010000")
    assert PLAIN.is_reference(not_stored) is False
    assert PLAIN.is_reference(stored) is True


def test_is_reference_when_packet_also_holds_a_stored_hidden_frame_then_true():
    hidden = unit(6, "001010000000001111" + "00000001")
    not_stored = unit(6, INTER_SHOWN + "00000000")
    assert PLAIN.is_reference(hidden + not_stored) is True
    assert PLAIN.is_reference(not_stored + hidden) is True


def test_is_reference_when_packet_decodes_no_frame_then_true():
    assert PLAIN.is_reference(unit(3, "1010")) is True
    assert PLAIN.is_reference(TEMPORAL_DELIMITER) is True
    assert PLAIN.is_reference(b"") is True


def test_of_when_encoder_wrote_the_header_then_its_field_lengths(films: Path):
    film = draw_film(films / "header.mp4", seconds=1, size=(96, 64), codec="libsvtav1", gop=24)
    with av.open(str(film.path)) as container:
        flags = Av1ReferenceFlags.of(container.streams.video[0].codec_context.extradata or b"")
    assert flags == Av1ReferenceFlags(
        screen_content_tools=2, integer_motion=2, frame_id_bits=0, order_hint_bits=7
    )


@given(extradata=st.binary(max_size=60))
def test_of_when_configuration_is_random_bytes_then_flags_or_none(extradata):
    assert isinstance(Av1ReferenceFlags.of(extradata), Av1ReferenceFlags | None)


@given(data=st.binary(max_size=200))
def test_is_reference_when_packet_is_random_bytes_then_a_bool(data):
    assert PLAIN.is_reference(data) in (True, False)

from __future__ import annotations

from pathlib import Path

import av
from drawn.films import draw_film
from hypothesis import given
from hypothesis import strategies as st

from onmodel.video.bitstream.av1 import Av1Marks

PLAIN = Av1Marks(screen_content_tools=0, integer_motion=0, frame_id_bits=0, order_hint_bits=7)
TEMPORAL_DELIMITER = b"\x12\x00"
INTER_SHOWN = "00110000000001111"  # up to primary_ref_frame


def unit(kind: int, bits: str) -> bytes:
    """An OBU with its size, out of the bits of its payload."""
    body = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return bytes([kind << 3 | 2, len(body)]) + body


def test_av1_marks_when_kept_in_no_slot_then_no_reference():
    free = TEMPORAL_DELIMITER + unit(6, INTER_SHOWN + "00000000")
    kept = TEMPORAL_DELIMITER + unit(6, INTER_SHOWN + "00010000")
    assert PLAIN.is_reference(free) is False
    assert PLAIN.is_reference(kept) is True


def test_av1_marks_when_a_hidden_frame_travels_with_a_free_one_then_kept():
    hidden = unit(6, "001010000000001111" + "00000001")
    free = unit(6, INTER_SHOWN + "00000000")
    assert PLAIN.is_reference(hidden + free) is True
    assert PLAIN.is_reference(free + hidden) is True


def test_av1_marks_when_a_kept_frame_is_shown_again_or_nothing_is_shown_then_in_doubt():
    assert PLAIN.is_reference(unit(3, "1010")) is True
    assert PLAIN.is_reference(TEMPORAL_DELIMITER) is True
    assert PLAIN.is_reference(b"") is True


def test_av1_marks_when_header_is_read_then_lengths_are_the_encoders(films: Path):
    film = draw_film(films / "header.mp4", seconds=1, size=(96, 64), codec="libsvtav1", gop=24)
    with av.open(str(film.path)) as container:
        marks = Av1Marks.of(container.streams.video[0].codec_context.extradata or b"")
    assert marks == Av1Marks(
        screen_content_tools=2, integer_motion=2, frame_id_bits=0, order_hint_bits=7
    )


@given(extradata=st.binary(max_size=60))
def test_av1_marks_when_configuration_is_any_bytes_then_marks_or_none(extradata):
    assert isinstance(Av1Marks.of(extradata), Av1Marks | None)


@given(data=st.binary(max_size=200))
def test_av1_marks_when_packet_is_any_bytes_then_an_answer(data):
    assert PLAIN.is_reference(data) in (True, False)

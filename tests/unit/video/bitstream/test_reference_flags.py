from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest
from drawn.films import draw_film
from hypothesis import given
from hypothesis import strategies as st

from onmodel.video.bitstream.reference_flags import reference_test

CODECS = st.sampled_from(["h264", "hevc", "mpeg2video", "mpeg4"])


@pytest.mark.parametrize(("codec", "name", "options"), [
    ("libx264", "references.mp4", {"bf": "3"}),
    ("libx264", "references.ts", {"bf": "3"}),
    ("libx265", "references5.mp4", {"x265-params": "log-level=0:bframes=4"}),
    ("mpeg4", "references4.mp4", {"bf": "2"}),
    ("mpeg2video", "references2.ts", {"bf": "2"}),
    ("libsvtav1", "references1.mp4", {"preset": "12", "svtav1-params": "lp=1"}),
])  # fmt: skip
def test_reference_test_when_unreferenced_pictures_are_skipped_then_the_others_are_the_same(
    films: Path, codec, name, options
):
    film = draw_film(films / name, seconds=2, size=(96, 64), codec=codec, gop=24, options=options)

    def decode(skip: bool) -> dict[int, bytes]:
        with av.open(str(film.path)) as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            is_reference = reference_test(context.codec.canonical_name, context.extradata or b"")
            assert is_reference is not None
            shown: dict[int, bytes] = {}
            for packet in container.demux(stream):
                if skip and packet.size and not is_reference(bytes(packet)):
                    continue
                decoded: list[Any] = packet.decode()
                shown.update(
                    {frame.pts: frame.to_ndarray(format="gray").tobytes() for frame in decoded}
                )
            return shown

    every, some = decode(False), decode(True)
    assert len(some) < len(every) * 0.8
    assert all(every[time] == luma for time, luma in some.items())


def test_reference_test_when_codec_flags_are_not_read_then_none():
    assert reference_test("vp9", b"") is None


@given(codec=CODECS, extradata=st.binary(max_size=40), data=st.binary(max_size=200))
def test_reference_test_when_packet_is_random_bytes_then_a_bool(codec, extradata, data):
    is_reference = reference_test(codec, extradata)
    assert is_reference is not None
    assert is_reference(data) in (True, False)


def test_reference_test_when_packet_also_holds_parameters_then_true():
    unreferenced = b"\x00\x00\x00\x02\x01\x88"
    parameters = b"\x00\x00\x00\x02\x68\xee"
    is_reference = reference_test("h264", b"\x01\x64\x00\x1f\xff\xe1\x00")
    assert is_reference is not None
    assert not is_reference(unreferenced)
    assert is_reference(parameters + unreferenced)

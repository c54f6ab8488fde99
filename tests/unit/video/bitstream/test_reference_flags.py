from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest
from drawn.films import draw_film
from hypothesis import given
from hypothesis import strategies as st

from onmodel.video.bitstream.reference_flags import reference_mark

SIDES = st.sampled_from(["h264", "hevc", "mpeg2video", "mpeg4"])


@pytest.mark.parametrize(("codec", "name", "options"), [
    ("libx264", "marks.mp4", {"bf": "3"}),
    ("libx264", "marks.ts", {"bf": "3"}),
    ("libx265", "marks5.mp4", {"x265-params": "log-level=0:bframes=4"}),
    ("mpeg4", "marks4.mp4", {"bf": "2"}),
    ("mpeg2video", "marks2.ts", {"bf": "2"}),
    ("libsvtav1", "marks1.mp4", {"preset": "12", "svtav1-params": "lp=1"}),
])  # fmt: skip
def test_reference_mark_when_bidirectional_then_skipped_pictures_harm_no_other(
    films: Path, codec, name, options
):
    film = draw_film(films / name, seconds=2, size=(96, 64), codec=codec, gop=24, options=options)

    def decode(skip: bool) -> dict[int, bytes]:
        with av.open(str(film.path)) as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            mark = reference_mark(context.codec.canonical_name, context.extradata or b"")
            assert mark is not None
            shown: dict[int, bytes] = {}
            for packet in container.demux(stream):
                if skip and packet.size and not mark(bytes(packet)):
                    continue
                decoded: list[Any] = packet.decode()
                shown.update(
                    {frame.pts: frame.to_ndarray(format="gray").tobytes() for frame in decoded}
                )
            return shown

    every, some = decode(False), decode(True)
    assert len(some) < len(every) * 0.8
    assert all(every[time] == luma for time, luma in some.items())


def test_reference_mark_when_codec_has_none_that_we_read_then_none():
    assert reference_mark("vp9", b"") is None


@given(codec=SIDES, extradata=st.binary(max_size=40), data=st.binary(max_size=200))
def test_reference_mark_when_any_bytes_then_an_answer(codec, extradata, data):
    mark = reference_mark(codec, extradata)
    assert mark is not None
    assert mark(data) in (True, False)


def test_reference_mark_when_parameters_travel_with_a_free_picture_then_kept():
    free = b"\x00\x00\x00\x02\x01\x88"
    parameters = b"\x00\x00\x00\x02\x68\xee"
    mark = reference_mark("h264", b"\x01\x64\x00\x1f\xff\xe1\x00")
    assert mark is not None
    assert not mark(free)
    assert mark(parameters + free)

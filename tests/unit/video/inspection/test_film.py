from __future__ import annotations

import io
import re
import struct
import wave
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from drawn.films import DrawnFilm, draw_film

from onmodel.contracts.base import Box
from onmodel.errors import FilmRefused
from onmodel.video import sample_frames
from onmodel.video.container.limits import Limits
from onmodel.video.container.packet_index import read_packet_table
from onmodel.video.inspection.film import InspectedFilm, inspect_film


def inspected(path: Path, limits: Limits | None = None) -> InspectedFilm:
    with path.open("rb") as file:
        return inspect_film(file, size_bytes=path.stat().st_size, limits=limits)


def refused(body: bytes) -> str:
    with pytest.raises(FilmRefused) as refusal:
        inspect_film(io.BytesIO(body), size_bytes=len(body))
    assert not re.search(r"Errno|avcodec|avformat|Error|\[|0x", str(refusal.value))
    return refusal.value.reason


def test_inspect_film_when_film_is_drawn_then_facts_as_drawn(plain_film: DrawnFilm):
    facts, packets = inspected(plain_film.path).facts, inspected(plain_film.path).packets
    assert (facts.codec, facts.width, facts.height) == ("h264", 160, 96)
    assert facts.duration_seconds == pytest.approx(10)
    assert facts.frames_per_second == pytest.approx(24)
    assert facts.has_index
    assert not facts.interlaced
    assert facts.picture == Box(left=0, top=0, width=160, height=96)
    assert packets.complete
    assert len(packets) == 240
    assert packets.keyframe.sum() >= 10


def test_inspect_film_when_indexed_then_packets_are_those_of_the_container(plain_film: DrawnFilm):
    packets = inspected(plain_film.path).packets
    with av.open(str(plain_film.path)) as container:
        stream = container.streams.video[0]
        real = [(p.pts, p.dts, p.pos, p.size) for p in container.demux(stream) if p.size]
    columns = (packets.pts, packets.dts, packets.position, packets.size)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == real


def test_inspect_film_when_indexed_then_pictures_are_not_read(films: Path):
    film = draw_film(films / "large.mov", seconds=4, codec="prores_ks", pixel_format="yuv422p10le")
    body = film.path.read_bytes()

    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            got = super().read(size)
            Counting.taken += len(got)
            return got

    table = read_packet_table(Counting(body), Limits())
    assert len(table) == 96
    assert Counting.taken < len(body) / 4


@pytest.mark.parametrize(("bars", "box"), [
    ((24, 0), (0, 24, 320, 152)), ((0, 40), (40, 0, 240, 200)), ((0, 0), (0, 0, 320, 200)),
])  # fmt: skip
def test_inspect_film_when_bars_then_picture_without_bars(films: Path, bars, box):
    path = films / f"bars-{bars[0]}-{bars[1]}.mp4"
    draw_film(path, seconds=6, size=(320, 200), bars=bars, black=((0, 1.5),))
    picture = inspected(path).facts.picture
    found = (picture.left, picture.top, picture.width, picture.height)
    assert all(abs(one - other) <= 2 for one, other in zip(found, box, strict=True))


def test_inspect_film_when_rotated_and_anamorphic_then_display_size(films: Path):
    path = films / "phone.mov"
    draw_film(path, seconds=1, size=(160, 96), rotation=90, aspect=Fraction(4, 3))
    facts = inspected(path).facts
    assert (facts.width, facts.height, facts.rotation_degrees) == (96, 213, 270)


@pytest.mark.parametrize(
    ("name", "options", "complete"),
    [
        ("f.mp4", {"movflags": "frag_keyframe+empty_moov"}, True),
        ("f.mkv", {}, False),
        ("f.ts", {}, False),
    ],
)
def test_inspect_film_when_other_container_then_duration_and_index_are_known(
    films: Path, name, options, complete
):
    draw_film(films / name, seconds=5, size=(128, 80), gop=24, container_options=options)
    found = inspected(films / name)
    assert found.facts.duration_seconds == pytest.approx(5, abs=0.15)
    assert found.packets.complete is complete
    assert found.packets.keyframe.sum() == 5
    assert found.facts.has_index


def test_inspect_film_when_empty_then_refused():
    assert refused(b"") == "the file is empty"


@pytest.mark.parametrize("body", [b"no film at all " * 500, b"\0" * 5000, b"\xff\xd8\xff" * 900])
def test_inspect_film_when_not_a_film_then_refused(body):
    assert refused(body)


def test_inspect_film_when_only_sound_then_refused():
    body = io.BytesIO()
    with wave.open(body, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\1" * 8000)
    assert refused(body.getvalue()) == "the file has sound but no picture"


def test_inspect_film_when_cut_before_its_index_then_refused(plain_film: DrawnFilm):
    body = plain_film.path.read_bytes()
    index = body.index(b"moov")
    for end in (len(body) // 2, index - 4, index + 50):
        assert "the film is cut off: the index that its format has at the end" in refused(
            body[:end]
        )


def test_inspect_film_when_index_is_first_and_pictures_are_missing_then_refused(films: Path):
    film = draw_film(
        films / "cut.mp4", seconds=3, size=(128, 80), container_options={"movflags": "faststart"}
    )
    body = film.path.read_bytes()
    assert "not one frame" in refused(body[: body.index(b"mdat") + 40])


@pytest.mark.parametrize(("limits", "words"), [
    (Limits(pixels=160 * 96 - 1), "160 × 96"),
    (Limits(side=150), "160 × 96"),
    (Limits(duration_seconds=9), "hours"),
    (Limits(packets=100), "240"),
    (Limits(frames_per_second=20), "24 frames a second"),
])  # fmt: skip
def test_inspect_film_when_above_a_limit_then_refused_with_the_value(
    plain_film: DrawnFilm, limits, words
):
    with pytest.raises(FilmRefused, match=words):
        inspected(plain_film.path, limits)


def test_inspect_film_when_declared_packet_sizes_are_huge_then_refused(
    plain_film: DrawnFilm,
):
    body = bytearray(plain_film.path.read_bytes())
    table = body.index(b"stsz") + 16
    for entry in range(240):
        struct.pack_into(">I", body, table + entry * 4, 0x7FFFFFF0)
    assert refused(bytes(body))


def test_packet_table_when_changed_then_a_copy(plain_film: DrawnFilm):
    packets = inspected(plain_film.path).packets
    assert replace(packets, rotation=90).rotation == 90


def test_inspect_film_when_film_has_fields_then_interlaced(films: Path):
    draw_film(films / "fields.mp4", seconds=1, options={"x264-params": "tff=1"})
    assert inspected(films / "fields.mp4").facts.interlaced


def test_inspect_film_when_transport_stream_clock_starts_above_zero_then_film_starts_at_zero(
    films: Path,
):
    draw_film(films / "late.ts", seconds=2, size=(128, 80), gop=12)
    found = inspected(films / "late.ts")
    assert found.packets.origin > 0
    with (films / "late.ts").open("rb") as file:
        first = next(iter(sample_frames(file, 0.5, packets=found.packets)))
    assert first.timecode_seconds < 0.5


@pytest.mark.parametrize("name", ["refresh.mp4", "refresh.ts"])
def test_inspect_film_when_pictures_are_renewed_bit_by_bit_then_a_notice(films: Path, name: str):
    for refresh in (1, 0):
        film = draw_film(
            films / name, seconds=4, size=(128, 80),
            options={"x264-params": f"intra-refresh={refresh}:keyint=24:bframes=0"},
        )  # fmt: skip
        body = film.path.read_bytes()
        notices = inspect_film(io.BytesIO(body), size_bytes=len(body)).facts.notices
        assert [each.startswith("The film renews its pictures") for each in notices] == (
            [True] if refresh else []
        )

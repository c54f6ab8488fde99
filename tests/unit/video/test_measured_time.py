"""Films whose header or clock says too little or something wrong: what is measured instead."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from drawn.films import DrawnFilm, draw_film
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onmodel.contracts.keys import crop_id
from onmodel.video import (
    Frame,
    InspectedFilm,
    PacketTable,
    inspect_film,
    picture_at,
    plan_chunks,
    sample_frames,
)
from onmodel.video.decode.group_decoder import GroupDecoder
from onmodel.video.gops.batches import Batch

SIZE = (128, 80)
PARTS: dict[str, dict[str, Any]] = {
    "a.ts": {"seconds": 3, "gop": 24},
    "b.ts": {"seconds": 2.5, "gop": 12, "options": {"bf": "2"}},
    "long.ts": {"seconds": 8, "gop": 12},
    "late.ts": {"seconds": 2, "gop": 24, "container_options": {"output_ts_offset": "40000"}},
    "wraps.ts": {"seconds": 3, "gop": 24, "container_options": {"output_ts_offset": "95442"}},
    "sound.ts": {"seconds": 2, "gop": 24, "sound": True},
    "varying.ts": {
        "seconds": 2, "gop": 10,
        "times": tuple(np.cumsum(np.random.default_rng(5).uniform(0.02, 0.2, 20)).tolist()),
    },
    "hevc.ts": {"seconds": 2, "gop": 24, "codec": "libx265"},
    "open.ts": {"seconds": 2, "options": {"x264-params": "open-gop=1:bframes=3:keyint=12"}},
    "a.m2ts": {"seconds": 2, "gop": 12, "container_options": {"mpegts_m2ts_mode": "1"}},
    "b.m2ts": {"seconds": 3, "gop": 24, "container_options": {"mpegts_m2ts_mode": "1"}},
    "a.vob": {"seconds": 3, "gop": 12, "codec": "mpeg2video", "fps": 25, "options": {"bf": "2"}},
    "b.vob": {"seconds": 2, "gop": 10, "codec": "mpeg2video", "fps": 25},
    # FFmpeg gives these packets no times
    "avc.vob": {"seconds": 2, "gop": 12, "options": {"x264-params": "force-cfr=1:bframes=3"}},
    "a.mkv": {"seconds": 3, "gop": 24},
    "b.mkv": {"seconds": 2, "gop": 12},
    # other settings, sizes and codecs: each needs its own header
    "turned.mkv": {
        "seconds": 2, "gop": 12, "size": (80, 128),
        "options": {"x264-params": "cabac=0:ref=1:bframes=0:8x8dct=0"},
    },
    "other.mkv": {"seconds": 2, "gop": 12, "codec": "mpeg4"},
    "a.webm": {"seconds": 2, "gop": 24, "codec": "libvpx-vp9"},
    "b.webm": {"seconds": 3, "gop": 24, "codec": "libvpx", "size": (160, 80)},
    "a.mp4": {"seconds": 3, "gop": 24, "options": {"bf": "2"}},
    "b.mp4": {"seconds": 2, "gop": 12, "fps": 25, "size": (80, 128)},
    "other.mp4": {"seconds": 2, "gop": 12, "codec": "libx265"},
    "a.flv": {"seconds": 3, "gop": 24},
    "b.flv": {"seconds": 2, "gop": 12, "size": (80, 128)},
}  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Part:
    """A film's bytes, and every picture of it by the time since its first.

    Attributes:
        lead: seconds of sound before the first picture.
        seconds: from the first picture on.
    """

    body: bytes
    lead: float
    seconds: float
    pictures: list[tuple[float, np.ndarray]]


class Parts(dict[str, Part]):
    """Parts by name; hypothesis prints the arguments of a test that fails."""

    def __repr__(self) -> str:
        return "Parts()"


def inspected(body: bytes) -> InspectedFilm:
    return inspect_film(io.BytesIO(body), size_bytes=len(body))


def sampled(body: bytes, film: InspectedFilm, lost: list[tuple[float, float]]) -> Iterator[Frame]:
    """One frame a second, chunk by chunk."""
    for chunk in plan_chunks(film.packets, film.facts, chunk_seconds=1.6):
        yield from sample_frames(
            io.BytesIO(body),
            1.0,
            chunk.start_seconds,
            chunk.end_seconds,
            packets=film.packets,
            anchor_seconds=0.0,
            on_lost=lambda start, end: lost.append((start, end)),
        )


@pytest.fixture(scope="module")
def parts(films: Path) -> Parts:
    made = Parts()
    for name, special in PARTS.items():
        path = films / name
        container = "mpegts" if name.endswith("ts") else None
        how = {"size": SIZE, **special}
        draw_film(path, shot_seconds=1.1, container=container, **how)
        frames = [(frame.timecode_seconds, frame.pixels) for frame in sample_frames(path, 0.001)]
        first = frames[0][0]
        film = inspected(path.read_bytes())
        made[name] = Part(
            path.read_bytes(),
            first,
            film.facts.duration_seconds - first,
            [(time - first, pixels) for time, pixels in frames],
        )
    return made


@pytest.mark.parametrize(
    "kind",
    [".ts", "hevc.ts", ".m2ts", ".vob", "avc.vob", ".mkv", ".webm", ".mp4", ".flv"],
)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_inspect_film_when_parts_are_joined_then_each_second_has_a_frame_of_the_right_part(
    parts, kind, data
):
    # a file has one codec
    others = () if kind in PARTS else ("hevc.ts", "avc.vob")
    names = [name for name in PARTS if name.endswith(kind) and name not in others]
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=5))
    body = b"".join(parts[name].body for name in chosen)
    film = inspected(body)
    lead = parts[chosen[0]].lead if len(chosen) == 1 else 0.0
    expected = lead + sum(parts[name].seconds for name in chosen)
    assert film.facts.duration_seconds == pytest.approx(expected, abs=0.1)
    assert film.facts.notices == ()

    lost: list[tuple[float, float]] = []
    frames = list(sampled(body, film, lost))
    times = [frame.timecode_seconds for frame in frames]
    assert [int(time + 1e-6) for time in times] == list(range(int(times[-1] + 1e-6) + 1))
    assert times[-1] >= film.facts.duration_seconds - 1.3
    assert lost == []
    assert len({crop_id("film", time, (0, 0, 1, 1), "") for time in times}) == len(times)
    whole = sample_frames(io.BytesIO(body), 1.0)
    assert [frame.timecode_seconds for frame in whole] == times

    begins = np.cumsum([lead, *(parts[name].seconds for name in chosen)])
    for frame in frames:
        number = int(np.searchsorted(begins, frame.timecode_seconds + 0.005, side="right")) - 1
        own = frame.timecode_seconds - begins[number]
        time, pixels = min(parts[chosen[number]].pictures, key=lambda shown: abs(shown[0] - own))
        assert abs(time - own) < 0.01
        assert np.array_equal(pixels, frame.pixels)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    first=st.floats(0.6, 1),
    cut=st.floats(0.05, 0.9),
    second=st.sampled_from(["a.ts", "b.ts", "late.ts"]),
)
def test_sample_frames_when_a_part_begins_within_a_group_then_its_lost_seconds_are_reported(
    parts, first, cut, second
):
    other = parts[second].body
    body = parts["a.ts"].body[: int(first * len(parts["a.ts"].body))]
    body += other[int(cut * len(other)) :]
    film = inspected(body)
    lost: list[tuple[float, float]] = []
    times = [frame.timecode_seconds for frame in sampled(body, film, lost)]
    assert all(before < after for before, after in pairwise(times))
    with_frame = {int(time + 1e-6) for time in times}
    for window in range(int(film.facts.duration_seconds)):
        reported = any(start < window + 1 and end > window for start, end in lost)
        assert window in with_frame or reported, (window, times, lost)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(start=st.floats(0.1, 0.5), share=st.floats(0.1, 0.4), zeroed=st.booleans())
def test_sample_frames_when_a_stream_lost_packets_then_its_lost_seconds_are_reported(
    parts, start, share, zeroed
):
    whole = parts["long.ts"].body
    first = int(start * len(whole)) // 188 * 188
    size = int(share * len(whole)) // 188 * 188
    body = whole[:first] + bytes(size if zeroed else 0) + whole[first + size :]
    film = inspected(body)
    lost: list[tuple[float, float]] = []
    with_frame = {int(frame.timecode_seconds + 1e-6) for frame in sampled(body, film, lost)}
    assert film.facts.duration_seconds == pytest.approx(8, abs=0.1)
    for window in range(8):
        reported = any(begin < window + 1 and end > window for begin, end in lost)
        assert window in with_frame or reported, (window, lost)


def test_sample_frames_when_a_decoder_gives_no_picture_and_no_fault_then_reported(
    films, monkeypatch
):
    path = films / "silent.mp4"
    draw_film(path, seconds=3, size=SIZE, gop=24)
    film = inspected(path.read_bytes())
    (second,) = film.packets.pts[film.packets.seconds(film.packets.pts) == 1.0].tolist()
    feed = GroupDecoder.frames

    def without_second_group(self: GroupDecoder, batch: Batch, chosen: list[int]) -> Any:
        pictures = feed(self, batch, chosen)
        return iter(()) if batch.pts[0] == second else pictures

    monkeypatch.setattr(GroupDecoder, "frames", without_second_group)
    lost: list[tuple[float, float]] = []
    frames = sample_frames(
        path, 1.0, packets=film.packets, on_lost=lambda start, end: lost.append((start, end))
    )
    assert [int(frame.timecode_seconds) for frame in frames] == [0, 2]
    assert lost == [(1.0, 2.0)]


class Pipe(io.RawIOBase):
    """A file that can only be written on, as a recorder's connection."""

    def __init__(self) -> None:
        self.body = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self.body += part
        return len(part)


def streamed(film: DrawnFilm, container: str, **options: str) -> bytes:
    """The film written to a connection, so that no length and no index can be written."""
    pipe = Pipe()
    with av.open(str(film.path)) as source:
        output = av.open(pipe, "w", format=container, options=options)
        track = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = track
                output.mux(packet)
        output.close()
    return bytes(pipe.body)


def test_inspect_film_when_packets_have_no_times_then_the_codecs_rate_is_the_clock(parts):
    film = inspected(parts["avc.vob"].body)
    assert not film.packets.timed
    assert film.facts.duration_seconds == pytest.approx(2)


@pytest.mark.parametrize(
    ("name", "container", "how"),
    [
        ("live.webm", "webm", {"codec": "libvpx-vp9"}),
        ("killed.mkv", "matroska", {}),
        ("raw.mp4", "h264", {"options": {"bf": "0", "x264-params": "force-cfr=1"}}),
        ("raw-b.mp4", "h264", {"options": {"bf": "3", "x264-params": "force-cfr=1"}}),
        ("raw-hevc.mp4", "hevc", {"codec": "libx265"}),
        ("live.wmv", "asf", {"codec": "wmv2", "container": "asf"}),
        ("frames.avi", "mjpeg", {"codec": "mjpeg", "pixel_format": "yuvj420p", "fps": 25}),
        ("raw-mpeg2.ts", "mpeg2video", {"codec": "mpeg2video", "fps": 25}),
    ],
)
def test_inspect_film_when_no_length_is_declared_then_it_is_measured(films, name, container, how):
    how = {"fps": 24, "gop": 12, **how}
    film = draw_film(films / f"lengthless-{name}", seconds=5, size=SIZE, shot_seconds=1.1, **how)
    body = streamed(film, container)
    found = inspected(body)
    assert found.facts.duration_seconds == pytest.approx(5, abs=0.01)
    assert found.facts.frames_per_second == pytest.approx(how["fps"], rel=0.001)
    lost: list[tuple[float, float]] = []
    frames = list(sampled(body, found, lost))
    assert [int(frame.timecode_seconds) for frame in frames] == [0, 1, 2, 3, 4]
    assert lost == []


@pytest.mark.parametrize("name", ["hours.mkv", "hours.mp4", "hours.flv"])
def test_inspect_film_when_the_clock_begins_late_then_length_is_last_minus_first(films, name):
    later = {"output_ts_offset": "50400", "avoid_negative_ts": "disabled"}
    path = films / name
    draw_film(path, seconds=4, size=SIZE, gop=24, container_options=later)
    found = inspected(path.read_bytes())
    assert found.facts.duration_seconds == pytest.approx(4, abs=0.01)
    assert found.facts.notices == ()
    times = [frame.timecode_seconds for frame in sampled(path.read_bytes(), found, [])]
    assert [int(time) for time in times] == [0, 1, 2, 3]


@pytest.mark.parametrize("codec", ["libx264", "libvpx"])  # with reordered pictures, and without
@pytest.mark.parametrize("offset", ["-1", "-40"])
def test_inspect_film_when_matroskas_clock_begins_below_zero_then_every_second_is_read(
    films, codec, offset
):
    """FFmpeg gives no times below 0, and Matroska's index does not list them."""
    options = {"output_ts_offset": offset, "avoid_negative_ts": "disabled"}
    path = films / f"below-zero-{codec}{offset}.mkv"
    draw_film(path, seconds=4, size=SIZE, gop=24, codec=codec, container_options=options)
    found = inspected(path.read_bytes())
    assert found.facts.duration_seconds == pytest.approx(4, abs=0.05)
    lost: list[tuple[float, float]] = []
    times = [frame.timecode_seconds for frame in sampled(path.read_bytes(), found, lost)]
    assert [int(time) for time in times] == [0, 1, 2, 3]
    assert lost == []


@pytest.mark.parametrize("name", ["late-part.mkv", "late-part.flv"])
def test_inspect_film_when_the_clock_jumps_by_hours_then_one_continuous_film(films, name):
    path = films / name
    plain = draw_film(films / "before-jump.mp4", seconds=4, size=SIZE, gop=24)
    with av.open(str(plain.path)) as source, av.open(str(path), "w") as output:
        track = output.add_stream_from_template(source.streams.video[0])
        jump = int(36_000 / (source.streams.video[0].time_base or 1))
        for packet in source.demux(video=0):
            if packet.size and packet.pts is not None and packet.dts is not None:
                later = jump if packet.pts >= jump // 36_000 * 2 else 0
                packet.pts, packet.dts = packet.pts + later, packet.dts + later
                packet.stream = track
                output.mux(packet)
    found = inspected(path.read_bytes())
    assert found.facts.duration_seconds == pytest.approx(4, abs=0.1)
    lost: list[tuple[float, float]] = []
    times = [frame.timecode_seconds for frame in sampled(path.read_bytes(), found, lost)]
    assert [int(time) for time in times] == [0, 1, 2, 3]
    assert lost == []


def test_inspect_film_when_dv_declares_its_time_base_as_rate_then_rate_by_spacing(films):
    path = films / "camcorder.dv"
    draw_film(path, seconds=2, size=(720, 576), fps=25, codec="dvvideo", pixel_format="yuv420p")
    facts = inspected(path.read_bytes()).facts
    assert facts.frames_per_second == 25
    assert facts.duration_seconds == pytest.approx(2)


def test_inspect_film_when_last_picture_is_short_after_held_ones_then_length_is_its_own(films):
    path = films / "held.mp4"
    draw_film(path, seconds=13, size=SIZE, times=(0.0, 4.0, 8.0, 12.0))
    facts = inspected(path.read_bytes()).facts
    assert 12.0 < facts.duration_seconds <= 16.0
    assert facts.frames_per_second == pytest.approx(4 / facts.duration_seconds, rel=0.01)


@pytest.mark.parametrize(("name", "codec"), [("whole.flv", "libx264"), ("whole.avi", "mpeg4")])
def test_inspect_film_when_the_header_declares_more_than_the_file_holds_then_a_notice(
    films, name, codec
):
    path = films / name
    draw_film(path, seconds=20, size=SIZE, gop=24, codec=codec, container_options={})
    body = path.read_bytes()
    found = inspected(body[: len(body) // 4])
    assert found.facts.duration_seconds < 15
    (notice,) = found.facts.notices
    assert notice.startswith("The file is cut off: its header declares 20.")


@pytest.mark.parametrize("name", ["first.mp4", "first.flv", "first.mkv"])
def test_inspect_film_when_joined_files_cannot_all_be_read_then_the_unread_part_is_told(
    films, name
):
    path = films / name
    draw_film(path, seconds=4, size=(256, 160))
    body = path.read_bytes()
    assert inspected(body).facts.notices == ()
    headers = {".mkv": 60, ".flv": 13}
    damaged = body.replace(b"moov", b"skip")
    if path.suffix in headers:
        damaged = body[: headers[path.suffix]] + bytes(9_000)
    film = inspected(body + damaged + body)
    assert film.facts.duration_seconds == pytest.approx(8, abs=0.1)
    (notice,) = film.facts.notices
    size = f"{(2 * len(body) + len(damaged)) / 1e3:,.1f} KB"
    assert notice == (
        f"{len(damaged) / 1e3:,.1f} KB of the file's {size} hold no picture that can be read."
        " If films were joined end to end, upload each part."
    )


def test_inspect_film_when_a_joined_recording_has_other_numbers_then_it_is_told(films, parts):
    """Two stations number their streams differently; FFmpeg reads the first one's."""
    path = films / "other-station.ts"
    numbers = {"mpegts_start_pid": "0x200", "mpegts_pmt_start_pid": "0x1100"}
    draw_film(path, seconds=8, size=SIZE, container_options=numbers)
    own, other = parts["a.ts"].body, path.read_bytes()
    (notice,) = inspected(own + other + own).facts.notices
    assert " hold no picture that can be read. If films were joined end to end" in notice
    assert inspected(own + own).facts.notices == ()


def test_inspect_film_when_a_film_of_another_format_follows_then_it_is_told(parts):
    body, other = parts["a.mp4"].body, parts["a.mkv"].body
    (notice,) = inspected(body + other).facts.notices
    assert notice.startswith(f"{len(other) / 1e3:,.1f} KB of the file's")
    assert inspected(body + bytes(20_000)).facts.notices == ()  # padding


def test_packet_table_when_saved_then_its_parts_are_kept(parts):
    body = parts["a.mp4"].body + parts["b.mp4"].body
    table = inspected(body).packets
    again = PacketTable.load(table.save())
    assert [(part.start, part.end) for part in again.parts] == [
        (0, len(parts["a.mp4"].body)),
        (len(parts["a.mp4"].body), len(body)),
    ]
    frames = sample_frames(io.BytesIO(body), packets=again)
    assert [frame.pixels.shape[:2] for frame in frames] == [(80, 128)] * 3 + [(128, 80)] * 2


def test_picture_at_when_films_were_joined_then_of_the_right_part(parts):
    body = parts["a.mkv"].body + parts["turned.mkv"].body
    shown = picture_at(io.BytesIO(body), 4.0, inspected(body).packets)
    assert shown is not None
    assert shown.pixels.shape[:2] == (128, 80)
    assert shown.timecode_seconds == pytest.approx(4.0, abs=0.05)


def muxed(path: Path, tracks: list[tuple[Path, bool]]) -> None:
    """Several films as the video tracks of one file; a flag says which is the default."""
    with av.open(str(path), "w") as output:
        sources = [av.open(str(source)) for source, _ in tracks]
        made = []
        for source, (_, default) in zip(sources, tracks, strict=True):
            track: Any = output.add_stream_from_template(source.streams.video[0])
            flags = av.stream.Disposition
            track.disposition = flags.default if default else flags(0)
            made.append(track)
        packets = []
        for source, track in zip(sources, made, strict=True):
            for packet in source.demux(video=0):
                if packet.size:
                    packets.append((float(packet.dts * packet.time_base), len(packets), packet))
                    packet.stream = track
        for _, _, packet in sorted(packets, key=lambda each: each[:2]):
            output.mux(packet)
        for source in sources:
            source.close()


@pytest.mark.parametrize("container", ["mkv", "mp4"])
@pytest.mark.parametrize("poster_first", [True, False])
def test_inspect_film_when_a_poster_is_a_video_track_then_the_moving_track(
    films, container, poster_first
):
    film, poster = films / "moving.mp4", films / "poster.mkv"
    draw_film(film, seconds=2, size=SIZE, gop=12)
    draw_film(
        poster, times=(0.0,), seconds=1, size=(600, 900), codec="mjpeg", pixel_format="yuvj420p"
    )
    tracks = [(film, False), (poster, False)]
    path = films / f"with-poster-{poster_first}.{container}"
    muxed(path, tracks[::-1] if poster_first else tracks)
    found = inspected(path.read_bytes())
    assert (found.facts.width, found.facts.height) == SIZE
    assert found.facts.notices == ()
    assert len(list(sampled(path.read_bytes(), found, []))) == 2
    assert len(list(sample_frames(path))) == 2


def test_inspect_film_when_a_smaller_track_is_the_default_then_that_one(films):
    small, large = films / "small.mp4", films / "large-angle.mp4"
    draw_film(small, seconds=2, size=SIZE)
    draw_film(large, seconds=2, size=(256, 160))
    for default, size in ((0, SIZE), (1, (256, 160))):
        path = films / f"two-tracks-{default}.mkv"
        muxed(path, [(small, default == 0), (large, default == 1)])
        facts = inspected(path.read_bytes()).facts
        assert (facts.width, facts.height) == size
        read, unread = ("1 (128 × 80", "2 (256 × 160") if default == 0 else ("2 (256", "1 (128")
        (notice,) = facts.notices
        assert f"Read is track {read}" in notice
        assert "which its header flags as default. Not read: track" in notice
        assert f"Not read: track {unread}" in notice


@pytest.mark.parametrize("container", ["mp4", "ts"])
def test_inspect_film_when_no_track_is_the_default_then_the_largest_and_a_notice(films, container):
    small, large = films / "small-angle.mp4", films / "large-angle-2.mp4"
    draw_film(small, seconds=2, size=SIZE)
    draw_film(large, seconds=2, size=(256, 160), codec="libx265")
    path = films / f"two-angles.{container}"
    muxed(path, [(small, True), (large, True)])
    facts = inspected(path.read_bytes()).facts
    assert (facts.width, facts.height) == (256, 160)
    assert facts.notices == (
        "The film has several video tracks. Read is track 2 (256 × 160, hevc), the largest."
        " Not read: track 1 (128 × 80, h264). If another one matters, upload it as a film of its"
        " own.",
    )


@pytest.mark.parametrize(
    ("name", "codec", "layout"),
    [
        ("animation.mov", "qtrle", "argb"),
        ("animation-rgb.mov", "qtrle", "rgb24"),
        ("uncompressed.avi", "rawvideo", "bgr24"),
        ("uncompressed-yuv.avi", "rawvideo", "yuv420p"),
        ("uncompressed.mov", "rawvideo", "uyvy422"),
        ("png.mov", "png", "rgba"),
        ("lossless.avi", "huffyuv", "rgb24"),
        ("lossless.mkv", "ffv1", "bgr0"),
    ],
)
def test_sample_frames_when_an_animator_exports_without_loss_then_decoded(
    films, name, codec, layout
):
    film = draw_film(
        films / name, seconds=2, size=SIZE, codec=codec, pixel_format=layout, shot_seconds=9
    )
    found = inspected(film.path.read_bytes())
    frames = list(sampled(film.path.read_bytes(), found, []))
    assert len(frames) == 2
    assert frames[0].pixels.shape == (80, 128, 3)


def older(table: PacketTable) -> PacketTable:
    """A table as it was stored before clocks were measured: of streams it had no rows."""
    added = ("frames_per_second", "timed", "segments", "bits_per_sample", "pixel_format")
    with np.load(io.BytesIO(table.save())) as stored:
        head = json.loads(bytes(stored["head"]))
        columns = {name: stored[name] for name in stored.files if name != "head"}
    for name in (*added, "declared_seconds", "unread_bytes"):
        del head[name]
    if table.segments:
        columns = {name: column[:0] for name, column in columns.items()}
    body = io.BytesIO()
    text = np.frombuffer(json.dumps(head).encode(), np.uint8)
    np.savez_compressed(body, head=text, **columns)
    return PacketTable.load(body.getvalue())


@pytest.mark.parametrize("name", ["a.ts", "a.vob", "a.mkv"])
def test_sample_frames_when_the_table_is_an_older_one_then_one_frame_of_each_window(parts, name):
    body = parts[name].body
    film = inspected(body)
    table = older(film.packets)
    assert not table.segments
    assert table.timed
    windows = [
        int(frame.timecode_seconds / 0.5 + 1e-6)
        for start, end in ((0.0, 1.2), (1.2, film.facts.duration_seconds))
        for frame in sample_frames(
            io.BytesIO(body), 0.5, start, end, packets=table, anchor_seconds=0.0
        )
    ]
    assert windows == list(range(6))


def test_packet_table_when_saved_then_segments_are_kept(parts):
    table = inspected(parts["a.ts"].body + parts["b.ts"].body).packets
    again = PacketTable.load(table.save())
    assert len(again.segments) == 2
    assert again.segments == table.segments
    assert (again.timed, again.frames_per_second) == (True, table.frames_per_second)

"""The sampler against a full decode, for many codecs, containers and GOP structures."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from av.video.frame import VideoFrame
from drawn.films import DrawnFilm, draw_film
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.contracts.films import Shape
from onmodel.errors import FilmRefused
from onmodel.video import sample_frames
from onmodel.video.container.packet_table import PacketTable
from onmodel.video.decode.group_decoder import GroupDecoder
from onmodel.video.decode.pictures import PictureRenderer, PictureView
from onmodel.video.inspection.film import inspect_film
from onmodel.video.sampling import batch_decoder
from onmodel.video.sampling.chunks import plan_chunks
from onmodel.video.sampling.frames import Frame

X265 = "log-level=0"
FILMS: dict[str, dict[str, Any]] = {
    "h264.mp4": {"gop": 48},
    "h264-pyramid.mp4": {"gop": 250, "options": {"bf": "6", "b-pyramid": "normal"}},
    "h264-open.mp4": {"gop": 24, "options": {"x264-params": "open-gop=1:bframes=3:keyint=24"}},
    "h264-one-group.mp4": {"options": {"x264-params": "keyint=infinite:scenecut=0"}},
    "h264-fragments.mp4": {
        "gop": 24, "container_options": {"movflags": "frag_keyframe+empty_moov"},
    },
    "h264-index-first.mp4": {
        "gop": 24, "sound": True, "container_options": {"movflags": "faststart"},
    },
    "h264.mkv": {"gop": 24, "sound": True},
    "h264.ts": {"gop": 24, "sound": True},
    "h264-frames.avi": {"gop": 24, "options": {"bf": "0"}},
    "hevc-open.mp4": {
        "codec": "libx265", "options": {"x265-params": f"{X265}:keyint=24:open-gop=1:bframes=4"},
    },
    "hevc-layers.mp4": {
        "codec": "libx265",
        "options": {
            "x265-params": f"{X265}:temporal-layers=3:bframes=7:b-pyramid=1:rc-lookahead=20"
        },
    },
    "hevc-10bit.mkv": {"codec": "libx265", "gop": 24, "pixel_format": "yuv420p10le"},
    "hevc.ts": {"codec": "libx265", "gop": 24},
    "vp9.webm": {
        "codec": "libvpx-vp9",
        "options": {"cpu-used": "8", "deadline": "good", "lag-in-frames": "16"},
    },
    "vp9.mp4": {"codec": "libvpx-vp9"},
    "av1.mp4": {"codec": "libsvtav1", "options": {"preset": "12", "svtav1-params": "lp=1"}},
    "mpeg4.mp4": {"codec": "mpeg4", "gop": 24, "options": {"bf": "2", "b": "600k"}},
    "mpeg4.avi": {"codec": "mpeg4", "gop": 24, "options": {"bf": "2", "b": "600k"}},
    "mpeg2.ts": {"codec": "mpeg2video", "gop": 12, "options": {"bf": "2", "b": "900k"}},
    "mpeg2.mxf": {"codec": "mpeg2video", "gop": 12, "options": {"bf": "2", "b": "900k"}, "fps": 25},
    "prores.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le", "seconds": 3},
    "mjpeg.avi": {"codec": "mjpeg", "pixel_format": "yuvj420p", "seconds": 3},
    "varying-rate.mp4": {
        "times": tuple(np.cumsum(np.random.default_rng(3).uniform(0.01, 0.2, 60)).tolist()),
    },
}  # fmt: skip


@dataclass(repr=False)
class Decoded:
    """A film, its packet table, and the luma of every fully decoded frame by film time."""

    film: DrawnFilm
    table: PacketTable
    luma: dict[float, bytes] = field(default_factory=dict)


def luma_of(frame: VideoFrame) -> bytes:
    grey = frame.reformat(format="gray16le" if "10" in frame.format.name else "gray")
    return bytes(memoryview(grey.planes[0]))


def fully_decoded(film: DrawnFilm) -> Decoded:
    with film.path.open("rb") as file:
        table = inspect_film(file, size_bytes=film.path.stat().st_size).packets
    decoded = Decoded(film, table)
    with av.open(str(film.path)) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            assert frame.pts is not None
            decoded.luma[round(float(table.seconds(frame.pts)), 4)] = luma_of(frame)
    return decoded


@pytest.fixture(scope="module")
def library(films: Path) -> dict[str, Decoded]:
    drawn: dict[str, Decoded] = {}
    for name, how in FILMS.items():
        shape = {"seconds": 5, "size": (128, 80), "shot_seconds": 1.7, **how}
        drawn[name] = fully_decoded(draw_film(films / name, **shape))
    return drawn


@pytest.fixture
def kept_luma(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, bytes]]:
    """Time and decoded luma of each frame that the sampler yields."""
    kept: list[tuple[float, bytes]] = []
    make = batch_decoder.render_frame

    def spy(
        renderer: PictureRenderer, decoded: VideoFrame, view: PictureView, **facts: Any
    ) -> Frame:
        kept.append((round(facts["timecode_seconds"], 4), luma_of(decoded)))
        return make(renderer, decoded, view, **facts)

    monkeypatch.setattr(batch_decoder, "render_frame", spy)
    return kept


def expected_windows(times: list[float], step: float, start: float, end: float) -> list[int]:
    inside = [time for time in times if start - 1e-6 * step <= time < end - 1e-6 * step]
    return sorted({math.floor((time - start) / step + 1e-6) for time in inside})


@pytest.mark.parametrize("name", FILMS)
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    step=st.sampled_from([0.04, 0.1, 0.3, 0.5, 1.0, 2.0]) | st.floats(0.03, 3),
    start=st.sampled_from([0.0, 0.7]) | st.floats(0, 3),
    length=st.sampled_from([math.inf, 2.0]) | st.floats(0.1, 5),
    by_table=st.booleans(),
    threads=st.sampled_from([1, 1, 2]),
)
def test_sample_frames_when_film_is_sampled_then_each_window_has_one_frame_of_a_full_decode(
    library, kept_luma, name, step, start, length, by_table, threads
):
    decoded = library[name]
    kept_luma.clear()
    lost: list[tuple[float, float]] = []
    frames = list(
        sample_frames(
            decoded.film.path,
            step,
            start,
            None if length == math.inf else start + length,
            packets=decoded.table if by_table else None,
            threads=threads,
            on_lost=lambda begin, end: lost.append((begin, end)),
        )
    )
    times = [frame.timecode_seconds for frame in frames]
    windows = [math.floor((time - start) / step + 1e-6) for time in times]
    assert windows == expected_windows(sorted(decoded.luma), step, start, start + length)
    assert lost == []
    assert len(kept_luma) == len(frames)
    for time, luma in kept_luma:
        assert decoded.luma[time] == luma, f"the frame at {time} is not that of a full decode"


def test_sample_frames_when_avi_has_no_presentation_times_then_frames_in_presentation_order(
    films, kept_luma
):
    film = draw_film(films / "b.avi", seconds=4, size=(128, 80), gop=24, options={"bf": "3"})
    frames = list(sample_frames(film.path, 0.2))
    with av.open(str(film.path)) as container:
        shown = list(container.decode(container.streams.video[0]))
    times = sorted(frame.time or 0.0 for frame in shown)
    luma = {round(time, 4): luma_of(frame) for time, frame in zip(times, shown, strict=True)}
    assert [round(time / 0.2 - 0.499) for time, _ in kept_luma] == list(range(20))
    assert len(frames) == 20
    assert all(luma[time] == kept for time, kept in kept_luma)


@pytest.mark.parametrize("name", [
    "h264.mp4", "hevc-open.mp4", "h264.mkv", "vp9.webm", "h264.ts", "hevc.ts", "mpeg2.ts",
    "mpeg2.mxf",
])  # fmt: skip
def test_sample_frames_when_film_is_divided_into_chunks_then_same_frames_as_in_one_call(
    library, name
):
    decoded = library[name]
    with decoded.film.path.open("rb") as file:
        facts = inspect_film(file, size_bytes=decoded.film.path.stat().st_size).facts
    chunks = plan_chunks(decoded.table, facts, chunk_seconds=1.2)
    whole = list(sample_frames(decoded.film.path, 0.37, packets=decoded.table))
    parts = [
        frame.timecode_seconds
        for chunk in chunks
        for frame in sample_frames(
            decoded.film.path,
            0.37,
            chunk.start_seconds,
            chunk.end_seconds,
            packets=decoded.table,
            anchor_seconds=0.0,
        )
    ]
    assert len(chunks) > 2
    assert parts == [frame.timecode_seconds for frame in whole]


@pytest.mark.parametrize("name", ["h264.ts", "mpeg2.mxf"])
def test_sample_frames_when_film_is_divided_into_chunks_then_no_packet_is_decoded_twice(
    library, monkeypatch, name
):
    decoded = library[name]
    fed: list[int] = []
    feed = GroupDecoder.frames

    def count(self: GroupDecoder, batch: Any, chosen: list[int]) -> Any:
        fed.extend(batch.pts[chosen].tolist())
        return feed(self, batch, chosen)

    with decoded.film.path.open("rb") as file:
        facts = inspect_film(file, size_bytes=decoded.film.path.stat().st_size).facts
    monkeypatch.setattr(GroupDecoder, "frames", count)
    for chunk in plan_chunks(decoded.table, facts, chunk_seconds=1.2):
        span = chunk.start_seconds, chunk.end_seconds
        list(
            sample_frames(decoded.film.path, 0.37, *span, packets=decoded.table, anchor_seconds=0.0)
        )
    assert len(fed) > 10
    assert len(fed) == len(set(fed))


def test_sample_frames_when_window_holds_a_keyframe_then_no_other_packet_is_decoded(
    plain_film, monkeypatch
):
    fed = []
    with plain_film.path.open("rb") as file:
        table = inspect_film(file, size_bytes=plain_film.path.stat().st_size).packets
    plan = batch_decoder.packets_to_decode

    def count(*arguments: Any, **named: Any) -> list[int]:
        chosen = plan(*arguments, **named)
        fed.append(len(chosen))
        return chosen

    monkeypatch.setattr(batch_decoder, "packets_to_decode", count)
    frames = list(sample_frames(plain_film.path, 2.5, packets=table))
    assert len(frames) == 4
    assert sum(fed) <= 8


def test_sample_frames_when_keyframes_only_then_each_keyframe_once(plain_film):
    with plain_film.path.open("rb") as file:
        table = inspect_film(file, size_bytes=plain_film.path.stat().st_size).packets
    expected = table.seconds(table.pts[table.keyframe]).round(4).tolist()
    for packets in (table, None):
        frames = sample_frames(plain_film.path, packets=packets, keyframes_only=True)
        assert [round(frame.timecode_seconds, 4) for frame in frames] == expected


def test_sample_frames_when_an_edit_list_hides_the_beginning_then_only_shown_frames(
    films, kept_luma
):
    whole = draw_film(films / "uncut.mp4", seconds=4, size=(128, 80), gop=24, options={"bf": "3"})
    path = films / "edited.mp4"
    with av.open(str(whole.path)) as source, av.open(str(path), "w") as output:
        track = output.add_stream_from_template(source.streams.video[0])
        early = int(1.3 / (source.streams.video[0].time_base or 1))
        for packet in source.demux(video=0):
            if packet.pts is not None and packet.dts is not None:
                packet.pts, packet.dts = packet.pts - early, packet.dts - early
                packet.stream = track
                output.mux(packet)
    edited = fully_decoded(replace(whole, path=path))
    assert edited.table.discard.any()
    for packets in (edited.table, None):
        kept_luma.clear()
        frames = list(sample_frames(path, 0.25, packets=packets))
        assert [math.floor(frame.timecode_seconds / 0.25 + 1e-6) for frame in frames] == list(
            range(11)
        )
        assert all(edited.luma[time] == luma for time, luma in kept_luma)


def test_sample_frames_when_candidates_differ_then_the_sharpest_is_taken(films):
    film = draw_film(
        films / "focus.mp4", seconds=4, size=(320, 180), shot_seconds=9, gop=96, soft=((0, 0.8),)
    )
    first = next(sample_frames(film.path, 2.0))
    assert first.timecode_seconds >= 0.8


def test_sample_frames_when_rotated_and_anamorphic_then_upright_and_square(films):
    film = draw_film(
        films / "rotated.mov", seconds=1, size=(160, 96), rotation=90, aspect=Fraction(4, 3)
    )
    frame = next(sample_frames(film.path))
    assert frame.pixels.shape == (213, 96, 3)
    upright = draw_film(films / "upright.mov", seconds=1, size=(160, 96))
    straight = next(sample_frames(upright.path)).pixels
    rotated = np.rot90(frame.pixels, -1)[:, ::1]
    small = np.asarray(av.VideoFrame.from_ndarray(np.ascontiguousarray(rotated), format="bgr24")
                       .reformat(width=160, height=96).to_ndarray())  # fmt: skip
    assert np.abs(small.astype(int) - straight).mean() < 8


def test_sample_frames_when_header_has_another_size_then_size_of_the_decoded_picture(
    films, tmp_path
):
    film = draw_film(films / "sized.mp4", seconds=1, size=(160, 96))
    body = bytearray(film.path.read_bytes())
    entry = body.index(b"avc1", body.index(b"stsd"))
    width_at = entry + 28  # ISO 14496-12 8.5.2: after the entry's name, 24 bytes and more
    assert body[width_at : width_at + 4] == bytes([0, 160, 0, 96])
    body[width_at : width_at + 4] = bytes([0, 200, 0, 120])
    path = tmp_path / "sized.mp4"
    path.write_bytes(body)
    assert [frame.pixels.shape for frame in sample_frames(path, 0.5)] == [(96, 160, 3)] * 2


def test_sample_frames_when_no_picture_can_be_decoded_then_refused(plain_film, tmp_path):
    body = plain_film.path.read_bytes()
    media = body.index(b"mdat") + 4
    size = int.from_bytes(body[media - 8 : media - 4], "big") - 8
    path = tmp_path / "zeroed.mp4"
    path.write_bytes(body[:media] + bytes(size) + body[media + size :])
    with pytest.raises(FilmRefused, match="not one frame"):
        list(sample_frames(path, on_lost=lambda _start, _end: None))
    assert list(sample_frames(plain_film.path, start_seconds=1e4)) == []


def test_sample_frames_when_shots_change_then_shots_are_counted(plain_film):
    frames = list(sample_frames(plain_film.path, 0.5))
    for frame in frames:
        true = sum(cut <= frame.timecode_seconds + 1e-6 for cut in plain_film.cuts_seconds)
        assert frame.shot == true


def test_sample_frames_when_picture_is_given_then_bars_are_not_measured(films):
    film = draw_film(films / "barred.mp4", seconds=1, size=(320, 200), bars=(40, 0), soft=((0, 9),))
    box = Box(left=0, top=40, width=320, height=120)
    with_bars = next(sample_frames(film.path)).sharpness
    shape = Shape(width=320, height=200, picture=box)
    without = next(sample_frames(film.path, shapes=(shape,))).sharpness
    assert without < with_bars / 2


def test_sample_frames_when_generator_is_closed_early_then_threads_end(plain_film):
    frames = sample_frames(plain_film.path, 0.1, threads=2)
    assert next(frames).timecode_seconds < 0.1
    frames.close()
    assert len(list(sample_frames(plain_film.path, 1.0, threads=2))) == 10


@pytest.mark.parametrize("span", [(0, 0, None), (1, -1, None), (math.nan, 0, None), (1, 0, -2)])
def test_sample_frames_when_span_is_out_of_range_then_valueerror(plain_film, span):
    with pytest.raises(ValueError, match="must be above"):
        next(sample_frames(plain_film.path, *span))


@pytest.mark.parametrize("name", ["h264.mp4", "h264-open.mp4", "hevc-open.mp4"])
def test_sample_frames_when_packet_is_damaged_then_rest_of_the_group_is_lost(
    library, kept_luma, tmp_path, name
):
    decoded = library[name]
    table, body = decoded.table, bytearray(decoded.film.path.read_bytes())
    heads = np.flatnonzero(table.keyframe)
    row = int(heads[1]) + 5
    while table.size[row] < 60:
        row += 1
    start = int(table.position[row])
    body[start + 8 : start + int(table.size[row])] = b"\xff" * (int(table.size[row]) - 8)
    damaged = tmp_path / name
    damaged.write_bytes(body)
    lost: list[tuple[float, float]] = []
    kept_luma.clear()
    frames = list(
        sample_frames(
            damaged, 0.04, packets=table, on_lost=lambda begin, end: lost.append((begin, end))
        )
    )
    after = table.pts[heads[2]] if len(heads) > 2 else table.pts.max()
    assert len(lost) == 1
    assert lost[0][1] == pytest.approx(table.seconds(int(after)))
    assert table.seconds(int(table.pts[heads[1]])) < lost[0][0] < lost[0][1]
    assert all(decoded.luma[time] == luma for time, luma in kept_luma)
    times = [frame.timecode_seconds for frame in frames]
    assert any(time >= lost[0][1] for time in times)
    assert not any(lost[0][0] + 0.2 <= time < lost[0][1] - 1e-6 for time in times)


def test_sample_frames_when_damaged_group_has_several_batches_then_frames_before_are_used(
    library, tmp_path, monkeypatch
):
    decoded = library["h264.mp4"]
    table, body = decoded.table, bytearray(decoded.film.path.read_bytes())
    row = int(np.flatnonzero(table.keyframe)[1]) + 7
    while table.size[row] < 60:
        row += 1
    start = int(table.position[row])
    body[start + 8 : start + int(table.size[row])] = b"\xff" * (int(table.size[row]) - 8)
    damaged = tmp_path / "parts.mp4"
    damaged.write_bytes(body)

    def windows() -> list[int]:
        frames = sample_frames(damaged, 0.5, packets=table, on_lost=lambda _start, _end: None)
        return [int(frame.timecode_seconds // 0.5) for frame in frames]

    whole = windows()
    monkeypatch.setattr("onmodel.video.gops.table_batches.BATCH_PACKETS", 10)
    assert windows() == whole


def test_sample_frames_when_only_keyframes_have_the_rotation_then_all_frames_are_rotated(
    films, tmp_path
):
    """The rotation is only in the SEI messages of H.264 keyframes, not in the header."""
    plain = draw_film(films / "told.mp4", seconds=3, size=(160, 96), gop=48)
    rotated = tmp_path / "rotated-within.mp4"
    with av.open(str(plain.path)) as source, av.open(str(rotated), "w") as output:
        stream = source.streams.video[0]
        copied = output.add_stream_from_template(stream)
        orientation = "h264_metadata=display_orientation=insert:rotate=90"
        insertion = BitStreamFilterContext(orientation, stream, copied)
        for given in source.demux(stream):
            for packet in insertion.filter(given) if given.size else ():
                packet.stream = copied
                output.mux(packet)
    for span in ({}, {"start_seconds": 1.0}, {"threads": 2}):
        shapes = {frame.pixels.shape for frame in sample_frames(rotated, 0.5, **span)}
        assert shapes == {(160, 96, 3)}, span


def test_sample_frames_when_file_is_cut_off_then_the_rest_is_reported_as_lost(library, tmp_path):
    decoded = library["h264-index-first.mp4"]
    body = decoded.film.path.read_bytes()
    short = tmp_path / "short.mp4"
    short.write_bytes(body[: len(body) * 2 // 3])
    lost: list[tuple[float, float]] = []
    frames = list(
        sample_frames(
            short, 0.5, packets=decoded.table, on_lost=lambda begin, end: lost.append((begin, end))
        )
    )
    assert 0 < len(frames) < 10
    assert lost
    assert min(begin for begin, _ in lost) >= frames[-1].timecode_seconds


def test_sample_frames_when_side_information_is_invalid_then_pictures_are_used(
    library, kept_luma, tmp_path, caplog
):
    decoded = library["h264.mp4"]
    table, body = decoded.table, decoded.film.path.read_bytes()
    row = int(np.flatnonzero(table.keyframe)[1]) + 2
    start, size = int(table.position[row]), int(table.size[row])
    invalid_message = (
        b"\x00\x00\x00\x06\x06\x01\xff\xff\x10\x80"  # declares a longer payload than its unit has
    )
    packet = invalid_message + body[start : start + size]
    path = tmp_path / "broken-message.mp4"
    path.write_bytes(body + packet)
    position, sizes = table.position.copy(), table.size.copy()
    position[row], sizes[row] = len(body), len(packet)
    kept_luma.clear()
    lost: list[tuple[float, float]] = []
    with caplog.at_level("INFO"):
        frames = list(
            sample_frames(
                path,
                0.1,
                packets=replace(table, position=position, size=sizes),
                on_lost=lambda begin, end: lost.append((begin, end)),
            )
        )
    assert lost == []
    assert len(frames) == 50
    assert "faults that damage no picture" in caplog.text
    assert all(decoded.luma[time] == luma for time, luma in kept_luma)

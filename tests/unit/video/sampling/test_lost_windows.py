"""Damaged films: each window has a frame, or its lost part is reported."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from drawn.films import draw_film
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onmodel.video import InspectedFilm, inspect_film, sample_frames

SECONDS = 9
KINDS = {
    "a.mp4": "libx264", "a.mkv": "libx264", "a.ts": "libx264", "hevc.mp4": "libx265",
    "m4.avi": "mpeg4", "m2.mpg": "mpeg2video", "v.webm": "libvpx-vp9",
}  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Whole:
    body: bytes
    film: InspectedFilm
    packets: list[tuple[int, int, bool, float]]
    """Position, size, keyframe, seconds."""


class Films(dict[str, Whole]):
    def __repr__(self) -> str:
        return "Films()"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Films:
    made = Films()
    for name, codec in KINDS.items():
        path: Path = tmp_path_factory.mktemp("lost") / name
        draw_film(
            path, seconds=SECONDS, size=(160, 96), gop=36, codec=codec, shot_seconds=99,
            fps=25 if codec == "mpeg2video" else 24,
        )  # fmt: skip
        body = path.read_bytes()
        with av.open(str(path)) as source:
            packets = [
                (packet.pos, packet.size, packet.is_keyframe, float(packet.pts * packet.time_base))
                for packet in source.demux(video=0)
                if packet.size and packet.pts is not None and packet.pos is not None
            ]
        made[name] = Whole(body, inspect_film(io.BytesIO(body), size_bytes=len(body)), packets)
    return made


def damaged(body: bytes, position: int, size: int) -> bytes:
    """The film with noise in a packet, behind the first bytes that say what it is."""
    start, end = position + 12, position + max(size - 8, 13)
    noise = np.random.default_rng(position).integers(1, 255, end - start, np.uint8).tobytes()
    return body[:start] + noise + body[end:]


def sampled(
    body: bytes, film: InspectedFilm, interval: float
) -> tuple[list[float], list[tuple[float, float]]]:
    lost: list[tuple[float, float]] = []
    frames = sample_frames(
        io.BytesIO(body), interval, packets=film.packets, on_lost=lambda *span: lost.append(span)
    )
    return [frame.timecode_seconds for frame in frames], lost


@pytest.mark.parametrize("name", ["a.mp4", "hevc.mp4"])
def test_sample_frames_when_a_keyframe_is_damaged_then_its_whole_window_is_reported(
    whole: Films, name: str
) -> None:
    own = whole[name]
    position, size, _, begin = [each for each in own.packets if each[2]][1]
    assert begin == pytest.approx(1.5)
    times, lost = sampled(damaged(own.body, position, size), own.film, 1.0)
    assert not any(1 <= time < 3 for time in times)
    (span,) = lost
    assert span == pytest.approx((1.0, 3.0), abs=0.01)


def test_sample_frames_when_the_last_group_is_damaged_then_reported_to_the_films_end(
    whole: Films,
) -> None:
    own = whole["a.mp4"]
    position, size, _, begin = [each for each in own.packets if each[2]][-1]
    _, lost = sampled(damaged(own.body, position, size), own.film, 1.0)
    assert lost[-1][0] <= begin
    assert lost[-1][1] == pytest.approx(SECONDS)


@pytest.mark.parametrize("name", KINDS)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), interval=st.sampled_from([0.25, 0.7, 1.0, 2.0]))
def test_sample_frames_when_packets_are_damaged_then_no_window_is_lost_unreported(
    whole: Films, name: str, data: st.DataObject, interval: float
) -> None:
    own = whole[name]
    keyframes = [each for each in own.packets if each[2]]
    chosen = data.draw(st.lists(st.sampled_from(own.packets), max_size=3))
    chosen += data.draw(st.lists(st.sampled_from(keyframes), max_size=2))
    body = own.body
    for position, size, _, _ in chosen:
        body = damaged(body, position, size)
    film = inspect_film(io.BytesIO(body), size_bytes=len(body))
    times, lost = sampled(body, film, interval)
    assert times == sorted(set(times))
    windows = [int(time / interval + 1e-6) for time in times]
    assert len(set(windows)) == len(windows)
    for window in range(int(film.facts.duration_seconds / interval)):
        start, end = window * interval, (window + 1) * interval
        reported = any(begin < end and stop > start for begin, stop in lost)
        assert window in windows or reported, (window, times, lost)


@pytest.mark.parametrize("flags", ["faststart", "frag_keyframe+empty_moov"])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8, 0.97])
def test_inspect_film_when_an_mp4_is_cut_off_then_measured_and_told(
    tmp_path: Path, flags: str, share: float
) -> None:
    """An upload or a recorder that stopped: the header is at the front, or in every fragment."""
    path = tmp_path / "a.mp4"
    draw_film(
        path, seconds=SECONDS, size=(160, 96), gop=36, shot_seconds=99,
        container_options={"movflags": flags},
    )  # fmt: skip
    whole = path.read_bytes()
    body = whole[: int(len(whole) * share)]
    film = inspect_film(io.BytesIO(body), size_bytes=len(body))
    with av.open(str(path)) as source:
        there = [
            float(packet.pts * packet.time_base)
            for packet in source.demux(video=0)
            if packet.size and packet.pos + packet.size <= len(body)
        ]
    frames = sample_frames(io.BytesIO(body), 0.5, packets=film.packets)
    assert film.facts.duration_seconds == pytest.approx(max(there) + 1 / 24, abs=0.25)
    windows = {int(seconds / 0.5) for seconds in there}
    assert [int(frame.timecode_seconds / 0.5) for frame in frames] == sorted(windows)
    (notice,) = film.facts.notices
    assert notice.startswith("The file is cut off: ")
    assert f"pictures are there for {film.facts.duration_seconds:,.1f} seconds" in notice


@pytest.mark.parametrize("flags", ["frag_keyframe+empty_moov", "dash+frag_keyframe+empty_moov"])
def test_inspect_film_when_an_mp4_ends_within_a_fragments_header_then_earlier_ones_are_read(
    tmp_path: Path, flags: str
) -> None:
    path = tmp_path / "a.mp4"
    draw_film(
        path, seconds=4, size=(160, 96), gop=24, shot_seconds=99,
        container_options={"movflags": flags},
    )  # fmt: skip
    whole = path.read_bytes()
    third = [at for at in range(len(whole)) if whole.startswith(b"moof", at)][2] - 4
    for end in (third + 3, third + 8, third + 100, third + 250):
        body = whole[:end]
        film = inspect_film(io.BytesIO(body), size_bytes=len(body))
        frames = list(sample_frames(io.BytesIO(body), 0.5, packets=film.packets))
        assert [int(frame.timecode_seconds / 0.5) for frame in frames] == [0, 1, 2, 3]
        (notice,) = film.facts.notices
        assert notice.startswith("The file is cut off: ")
        assert "pictures are there for 2.0 seconds" in notice
    again = inspect_film(io.BytesIO(whole), size_bytes=len(whole))
    assert again.facts.notices == ()


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("a.mkv", "libx264", None), ("a.webm", "libvpx-vp9", None), ("a.flv", "libx264", None),
        ("a.avi", "mpeg4", None), ("a.wmv", "wmv2", "asf"),
    ],
)  # fmt: skip
def test_inspect_film_when_the_end_of_a_file_is_missing_then_a_notice(
    tmp_path: Path, name: str, codec: str, container: str | None
) -> None:
    """Less than a second may be missing, which no declared length shows."""
    path = tmp_path / name
    draw_film(path, seconds=4, size=(160, 96), gop=24, codec=codec, container=container)
    whole = path.read_bytes()
    for end, told in ((len(whole), False), (len(whole) - 500, True)):
        notices = inspect_film(io.BytesIO(whole[:end]), size_bytes=end).facts.notices
        assert any(each.startswith("The file is cut off: ") for each in notices) is told

"""Films in which the container flags every packet as a keyframe."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from drawn.films import draw_film

from onmodel.video import PacketTable, inspect_film, plan_chunks, sample_frames
from onmodel.video.container.limits import Limits
from onmodel.video.decode.keyframes import with_measured_keyframes

SIZE = (176, 144)
FILMS = {
    "h263.avi": ("h263", "yuv420p"),
    "raw.h263": ("h263", "yuv420p"),
    "h261.avi": ("h261", "yuv420p"),
    "raw.h261": ("h261", "yuv420p"),
    "rpza.mov": ("rpza", "rgb555le"),
    "killed msvideo1.avi": ("msvideo1", "rgb555le"),
    "killed wmv2.avi": ("wmv2", "yuv420p"),
    "killed flv.avi": ("flv", "yuv420p"),
    "killed cinepak.avi": ("cinepak", "rgb24"),
    "intra.mjpeg.avi": ("mjpeg", "yuvj420p"),
    "every.mpeg4.avi": ("mpeg4", "yuv420p"),
}
MUXERS = {".h263": "h263", ".h261": "h261", ".avi": "avi", ".mov": "mov"}


SLOW = {"cinepak": ((88, 72), {"max_strips": "1"})}
"""Size and options for an encoder that needs 60 ms for a picture of SIZE."""


def picture(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    colours = np.random.default_rng(3).integers(0, 255, (5, 6, 3), np.uint8)
    shown = cv2.resize(colours, size, interpolation=cv2.INTER_CUBIC)
    left = number * 3 % (size[0] - 40)
    shown[50:90, left : left + 40] = (255, 40, number * 7 % 256)
    return shown


@cache
def drawn(name: str, *, black: int = 0) -> bytes:
    """4 s with a keyframe a second; a killed AVI has no index."""
    codec, layout = FILMS[name]
    size, options = SLOW.get(codec, (SIZE, {}))
    target = io.BytesIO()
    with av.open(target, "w", format=MUXERS[Path(name).suffix]) as output:
        stream = output.add_stream(codec, rate=25, options=options)
        stream.width, stream.height = size
        stream.pix_fmt = layout
        stream.bit_rate = 1_000_000
        stream.codec_context.gop_size = 1 if name.startswith("every") else 25
        for number in range(100):
            pixels = np.zeros((size[1], size[0], 3), np.uint8)
            pixels = pixels if number < black else picture(number, size)
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=layout)
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    body = target.getvalue()
    return body[: body.rindex(b"idx1")] if name.startswith("killed") else body


def decoded(body: bytes) -> list[np.ndarray]:
    with av.open(io.BytesIO(body)) as source:
        return [frame.to_ndarray(format="bgr24") for frame in source.decode(video=0)]


def sampled(body: bytes, table: PacketTable | None = None) -> list[np.ndarray]:
    """The frames of each chunk, in a decoder of its own."""
    film = inspect_film(io.BytesIO(body), size_bytes=len(body))
    found: list[np.ndarray] = []
    for chunk in plan_chunks(film.packets, film.facts, chunk_seconds=1.0):
        found += (
            frame.pixels
            for frame in sample_frames(
                io.BytesIO(body), 0.5, chunk.start_seconds, chunk.end_seconds,
                packets=film.packets, anchor_seconds=0.0,
            )
        )  # fmt: skip
    return found


def looks_like_one_of(pixels: np.ndarray, pictures: list[np.ndarray]) -> bool:
    """Within the rounding of a conversion; some of these films have other than square pixels."""
    size = (pixels.shape[1], pixels.shape[0])
    scaled = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in pictures)
    return any(np.abs(each.astype(int) - pixels).mean() < 4 for each in scaled)


@pytest.mark.parametrize("black", [0, 40])
@pytest.mark.parametrize("name", FILMS)
def test_sample_frames_when_every_packet_is_flagged_as_a_keyframe_then_no_wrong_picture(
    name: str, black: int
) -> None:
    body = drawn(name, black=black)
    pictures, frames = decoded(body), sampled(body)
    assert len(frames) >= 6
    assert all(looks_like_one_of(frame, pictures) for frame in frames)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("h263.avi", 4), ("h261.avi", 4), ("killed wmv2.avi", 4), ("raw.h263", 4),
     ("intra.mjpeg.avi", 100), ("every.mpeg4.avi", 100)],
)  # fmt: skip
def test_inspect_film_when_flags_are_wrong_then_the_real_keyframes(
    name: str, expected: int
) -> None:
    body = drawn(name)
    table = inspect_film(io.BytesIO(body), size_bytes=len(body)).packets
    assert int(table.keyframe.sum()) == expected
    assert PacketTable.load(table.save()).keyframes_measured == (expected == 4)


def test_sample_frames_when_a_mov_without_a_table_flags_every_packet_then_no_wrong_picture() -> (
    None
):
    body = drawn("rpza.mov")
    pictures = decoded(body)
    frames = [frame.pixels for frame in sample_frames(io.BytesIO(body), 0.5, 1.0)]
    assert len(frames) == 6
    assert all(looks_like_one_of(frame, pictures) for frame in frames)


class Unreadable(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError("the film is read")


@pytest.mark.parametrize(
    ("codec", "gop", "suffix"),
    [("libx264", 24, "mp4"), ("libx264", 1, "mp4"), ("mpeg4", 12, "avi")],
)
def test_with_measured_keyframes_when_a_film_is_ordinary_then_nothing_is_read(
    tmp_path: Path, codec: str, gop: int, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    body = draw_film(path, seconds=2, size=SIZE, codec=codec, gop=gop).path.read_bytes()
    table = inspect_film(io.BytesIO(body), size_bytes=len(body)).packets
    assert with_measured_keyframes(Unreadable(), table, Limits()) is table


def test_sample_frames_when_a_palette_comes_with_the_first_packet_then_later_chunks_have_it() -> (
    None
):
    target = io.BytesIO()
    with av.open(target, "w", format="mov") as output:
        stream = output.add_stream("qtrle", rate=25)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "gray"
        stream.codec_context.gop_size = 25
        for number in range(100):
            frame = av.VideoFrame.from_ndarray(picture(number), "rgb24").reformat(format="gray")
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    body = target.getvalue()
    pictures = decoded(body)
    frames = sampled(body)
    assert len(frames) == 8
    assert all(looks_like_one_of(frame, pictures) for frame in frames)

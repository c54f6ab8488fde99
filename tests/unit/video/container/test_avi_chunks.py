"""AVI files that repeat their pictures with empty chunks."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
import pytest
from drawn.films import draw_film

from onmodel.video.container.avi_chunks import end_without_pictures
from onmodel.video.inspection.film import inspect_film

SPREAD = 25  # AVI has an empty chunk for each tick without a picture


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of an AVI; the next one begins at an even byte."""
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


@pytest.fixture(scope="module")
def repeating(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A film of four seconds whose ticks mostly have no picture of their own."""
    folder = tmp_path_factory.mktemp("avi")
    draw_film(folder / "film.avi", seconds=4, fps=5, size=(160, 96), gop=24, codec="mpeg4")
    spread: Path = folder / "spread.avi"
    with av.open(str(folder / "film.avi")) as source, av.open(str(spread), "w") as target:
        stream: Any = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size and packet.dts is not None:
                packet.stream, packet.pts = stream, None
                packet.dts *= SPREAD
                target.mux(packet)
    return spread.read_bytes()


def test_inspect_film_when_most_chunks_of_an_avi_are_empty_then_no_notice(
    repeating: bytes,
) -> None:
    assert repeating.count(b"00dc\0\0\0\0") > 20 * (SPREAD - 1) - 1
    film = inspect_film(io.BytesIO(repeating), size_bytes=len(repeating))
    assert film.facts.notices == ()


def test_inspect_film_when_another_film_follows_an_avi_then_it_is_told(repeating: bytes) -> None:
    # the first film's index tells nothing of the second one
    body = repeating + b"ftyp" + bytes(len(repeating))
    (notice,) = inspect_film(io.BytesIO(body), size_bytes=len(body)).facts.notices
    assert "hold no picture that can be read" in notice


@pytest.mark.parametrize(
    ("chunks", "end"),
    [
        ([(b"idx1", b"abcd")], 16),
        ([(b"00dc", b""), (b"01wb", b"abc"), (b"LIST", b"")], 32),
        ([(b"01wb", b"abc"), (b"JUNK", b""), (b"ix00", b"ab")], 34),
        ([(b"00dc", b""), (b"00dc", b"ab")], 12),
        ([(b"RIFF", b"AVI ")], 4),
        ([], 4),
    ],
)
def test_end_without_pictures_when_chunks_follow_then_up_to_the_first_picture(
    chunks: list[tuple[bytes, bytes]], end: int
) -> None:
    file = io.BytesIO(b"head" + b"".join(chunk(*each) for each in chunks))
    file.seek(2)
    assert end_without_pictures(file, 4) == end
    assert file.tell() == 2


def test_end_without_pictures_when_a_chunk_is_longer_than_the_file_then_its_end() -> None:
    file = io.BytesIO(b"head" + chunk(b"idx1", b"abcdef")[:-2])
    assert end_without_pictures(file, 4) == 16

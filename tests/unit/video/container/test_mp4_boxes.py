from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import pytest
from drawn.films import draw_film
from hypothesis import given
from hypothesis import strategies as st

from onmodel.video.container.mp4_boxes import declares_no_rotation

UPRIGHT = (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
MOVED = (65536, 0, 0, 0, 65536, 0, 9 << 16, 9 << 16, 1 << 30)
ROTATED = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
MIRRORED = (-65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)


def box(name: bytes, *bodies: bytes, wide: bool = False) -> bytes:
    body = b"".join(bodies)
    if wide:
        return struct.pack(">I4sQ", 1, name, 16 + len(body)) + body
    return struct.pack(">I4s", 8 + len(body), name) + body


def header(name: bytes, matrix: tuple[int, ...], version: int = 0) -> bytes:
    before = {(b"mvhd", 0): 36, (b"mvhd", 1): 48, (b"tkhd", 0): 40, (b"tkhd", 1): 52}
    padding = bytes(before[name, version] - 1)
    return box(name, bytes([version]), padding, struct.pack(">9i", *matrix), bytes(24))


def movie(
    matrix: tuple[int, ...], movie_matrix: tuple[int, ...] = UPRIGHT, version: int = 0
) -> bytes:
    tracks = [box(b"trak", header(b"tkhd", each, version)) for each in (UPRIGHT, matrix)]
    inside = box(b"moov", header(b"mvhd", movie_matrix, version), *tracks)
    return box(b"ftyp", bytes(8)) + box(b"mdat", bytes(100), wide=True) + inside


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize(("matrix", "upright"), [
    (UPRIGHT, True), (MOVED, True), (ROTATED, False), (MIRRORED, False),
])  # fmt: skip
def test_declares_no_rotation_when_a_header_has_a_matrix_then_by_its_values(
    matrix, upright, version
):
    assert declares_no_rotation(io.BytesIO(movie(matrix, version=version))) is upright
    assert (
        declares_no_rotation(io.BytesIO(movie(UPRIGHT, movie_matrix=matrix, version=version)))
        is upright
    )


@pytest.mark.parametrize(("name", "shape", "upright"), [
    ("plain.mp4", {}, True),
    ("first.mp4", {"container_options": {"movflags": "faststart"}, "sound": True}, True),
    ("parts.mp4", {"container_options": {"movflags": "frag_keyframe+empty_moov"}}, True),
    ("rotated.mov", {"rotation": 90}, False),
    ("over.mp4", {"rotation": 180}, False),
    ("plain.mkv", {}, False),
])  # fmt: skip
def test_declares_no_rotation_when_film_was_encoded_then_as_encoded(
    films: Path, name, shape, upright
):
    options: dict[str, Any] = {"seconds": 1, "size": (96, 64), **shape}
    film = draw_film(films / f"boxes-{name}", **options)
    with film.path.open("rb") as file:
        file.seek(77)
        assert declares_no_rotation(file) is upright
        assert file.tell() == 77


@given(st.binary(max_size=400), st.integers(0, 400), st.integers(0, 400))
def test_declares_no_rotation_when_bytes_are_random_then_no_error(noise, start, end):
    declares_no_rotation(io.BytesIO(noise))
    whole = movie(UPRIGHT)
    cut = whole[: min(end, len(whole))]
    damaged = cut[:start] + noise[:20] + cut[start + 20 :]
    declares_no_rotation(io.BytesIO(damaged))


class LargestReadFile(io.BytesIO):
    """Records the size of the largest read."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.largest = max(
            self.largest, len(self.getbuffer()) if size is None or size < 0 else size
        )
        return super().read(size)


def test_declares_no_rotation_when_declared_box_size_is_wrong_then_reads_stay_small():
    track = box(b"trak", header(b"tkhd", UPRIGHT)[:-8] + bytes(1 << 20))
    track = track.replace(struct.pack(">I", 108) + b"tkhd", struct.pack(">I", 0) + b"tkhd")
    film = LargestReadFile(box(b"moov", header(b"mvhd", UPRIGHT), track))
    assert declares_no_rotation(film)
    assert film.largest < 200


def test_declares_no_rotation_when_no_track_is_listed_then_false():
    assert not declares_no_rotation(io.BytesIO(b""))
    assert not declares_no_rotation(io.BytesIO(movie(UPRIGHT)[:-60]))
    assert not declares_no_rotation(io.BytesIO(box(b"moov", b"")))

"""A film of 10 GB: its positions need 64 bits, and only a small part of it is read."""

from __future__ import annotations

import struct
from pathlib import Path

from drawn.films import draw_film

from onmodel.video import RangeReader, inspect_film, plan_chunks, sample_frames

GAP = 10 << 30
PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def shifted(boxes: bytes, by: int) -> bytes:
    """Copy boxes, with chunk offsets (stco) increased by `by` and stored in 64 bits (co64)."""
    out, offset = b"", 0
    while offset < len(boxes):
        size, kind = struct.unpack_from(">I4s", boxes, offset)
        body = boxes[offset + 8 : offset + size]
        if kind in PARENTS:
            body = shifted(body, by)
        elif kind == b"stco":
            offsets = struct.unpack_from(f">{(len(body) - 8) // 4}I", body, 8)
            body = body[:8] + b"".join(struct.pack(">Q", place + by) for place in offsets)
            kind = b"co64"
        out += box(kind, body)
        offset += size
    return out


class VastFilm:
    """A film with a 10 GB gap between its first box and its media; counts the bytes fetched."""

    def __init__(self, film: bytes) -> None:
        first = struct.unpack_from(">I", film)[0]
        index = film.index(b"moov") - 4
        gap = struct.pack(">I4sQ", 1, b"free", GAP)
        self._front = film[:first] + gap
        self._back = film[first:index] + shifted(film[index:], GAP)
        self._back_at = first + GAP
        self.size = self._back_at + len(self._back)
        self.fetched = 0

    def fetch(self, start: int, end: int) -> bytes:
        self.fetched += end - start
        front = self._front[start:end]
        back = self._back[max(0, start - self._back_at) : max(0, end - self._back_at)]
        return front + bytes(end - start - len(front) - len(back)) + back


def test_sample_frames_when_film_has_ten_gigabytes_then_same_frames_and_few_bytes_read(
    tmp_path: Path,
):
    film = draw_film(tmp_path / "small.mp4", seconds=12, size=(320, 180), gop=24, sound=True)
    small = film.path.read_bytes()
    vast = VastFilm(small)
    with RangeReader(vast.fetch, vast.size) as reader:
        probed = inspect_film(reader, size_bytes=vast.size)  # type: ignore[arg-type]
        assert int(probed.packets.position.min()) > GAP
        assert vast.fetched < 64 << 20
        vast.fetched = 0
        found = [
            frame
            for chunk in plan_chunks(probed.packets, probed.facts, chunk_seconds=5)
            for frame in sample_frames(
                reader,
                1.0,
                chunk.start_seconds,
                chunk.end_seconds,
                packets=probed.packets,
                anchor_seconds=0.0,
            )
        ]
    expected = list(sample_frames(film.path, 1.0))
    assert [frame.timecode_seconds for frame in found] == [
        frame.timecode_seconds for frame in expected
    ]
    assert all(
        (one.pixels == other.pixels).all() for one, other in zip(found, expected, strict=True)
    )
    assert vast.fetched <= 1.1 * len(small)

from __future__ import annotations

import io
import struct
import tracemalloc
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest
from fakes.training_in_memory import picture

from onmodel.contracts.crops import RejectReason
from onmodel.errors import FilmRefused, Throttled
from onmodel.films.picture_archive import PICTURES_OF_A_CHUNK, PictureArchive, open_picture_archive
from onmodel.video.sampling.frames import Frame
from onmodel.video.sampling.selection import DroppedFrame


def archive(files: dict[str, bytes], method: int = ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", method) as file:
        for name, body in files.items():
            file.writestr(name, body)
    return made.getvalue()


def opened(files: dict[str, bytes]) -> PictureArchive:
    return open_picture_archive(io.BytesIO(archive(files)))


def test_archive_when_read_then_a_picture_a_second_each_its_own_shot() -> None:
    made = opened({f"{n}.jpg": picture(n) for n in range(3)} | {"notes.txt": b"x", "._0.jpg": b"x"})
    facts = made.facts(1234)
    assert (facts.width, facts.height, facts.duration_seconds) == (512, 640, 3)
    assert facts.notices == ("No pictures, and not used: notes.txt.",)
    (chunk,) = made.chunks()
    frames = list(made.frames(chunk))
    assert all(isinstance(frame, Frame) for frame in frames)
    assert [(frame.timecode_seconds, getattr(frame, "shot", None)) for frame in frames] == [
        (0, 0), (1, 1), (2, 2)
    ]  # fmt: skip


def test_archive_when_a_picture_is_damaged_then_dropped_with_its_name() -> None:
    made = opened({"a.jpg": b"no picture", "b.jpg": picture(1)})
    first, second = made.frames(made.chunks()[0])
    assert isinstance(first, DroppedFrame) and isinstance(second, Frame)
    assert (first.reason, first.detail[:7]) == (RejectReason.UNREADABLE, "a.jpg: ")
    assert second.shot == 1


def test_archive_when_packed_bytes_are_damaged_then_that_picture_alone_is_dropped() -> None:
    files = {"a.png": picture(1, "png"), "b.jpg": picture(2)}
    body = bytearray(archive(files))
    body[200:240] = bytes(40)
    made = open_picture_archive(io.BytesIO(bytes(body)))
    kinds = [type(frame) for frame in made.frames(made.chunks()[0])]
    assert kinds == [Frame, DroppedFrame]


def test_archive_when_large_then_chunks_cover_each_picture_once() -> None:
    made = opened({f"{n:04d}.jpg": b"x" for n in range(2 * PICTURES_OF_A_CHUNK + 1)})
    spans = [(chunk.start_seconds, chunk.end_seconds) for chunk in made.chunks()]
    assert spans == [(0, 60), (60, 120), (120, 121)]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"no archive", "cannot be read"),
        (archive({"a.txt": b"x"}), "holds no picture"),
        (archive({"a.jpg": b"x"}), "none of 1 file is a picture that can be read"),
        (archive({"a.jpg": picture(1)})[:-30], "cannot be read"),
    ],
)
def test_archive_when_it_cannot_be_used_then_refused(body: bytes, words: str) -> None:
    with pytest.raises(FilmRefused, match=words):
        open_picture_archive(io.BytesIO(body)).facts(len(body))


def test_archive_when_the_store_fails_then_its_fault_passes() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise Throttled("too many")

    with pytest.raises(Throttled):
        open_picture_archive(Failing(archive({"a.jpg": picture(1)})))


@pytest.mark.parametrize(
    ("method", "why"),
    [(ZIP_DEFLATED, "damaged"), (ZIP_BZIP2, "not read"), (ZIP_LZMA, "not read")],
    ids=["deflated", "bzip2", "lzma"],
)
def test_archive_when_packed_data_expand_beyond_their_size_then_memory_is_bounded(
    method: int, why: str
) -> None:
    body = bytearray(archive({"a.jpg": bytes(100_000_000), "b.jpg": picture(1)}, method))
    entry = body.find(b"PK\x01\x02")
    body[entry + 24 : entry + 28] = struct.pack("<I", 1000)  # the declared size
    made = open_picture_archive(io.BytesIO(bytes(body)))
    tracemalloc.start()
    first, *_ = made.frames(made.chunks()[0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(first, DroppedFrame) and why in first.detail
    assert peak < 20_000_000

from __future__ import annotations

import threading
from io import BytesIO

import av
import pytest
from drawn.films import DrawnFilm
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import PATIENCE_SECONDS

from onmodel.errors import NotFound, Throttled
from onmodel.video import sample_frames
from onmodel.video.container.range_reader import RangeReader
from onmodel.video.inspection.film import inspect_film

BODY = bytes(index * 7 % 251 for index in range(20_000))


class Bucket:
    """An object that records the ranges that are read."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.reads: list[tuple[int, int]] = []

    def read(self, start: int, end: int) -> bytes:
        assert 0 <= start < end <= len(self.body)
        self.reads.append((start, end))
        return self.body[start:end]


def test_read_when_file_ends_then_fewer_bytes_and_then_none():
    reader = RangeReader(Bucket(BODY).read, len(BODY))
    reader.seek(-10, 2)
    assert reader.read(100) == BODY[-10:]
    assert reader.read(100) == b""
    assert reader.seek(30_000) == 30_000
    assert reader.read(5) == b""


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, len(BODY)), st.integers(0, 3000), st.booleans()), max_size=25
    ),
    expected=st.tuples(st.integers(0, len(BODY)), st.integers(0, len(BODY))),
)
def test_read_when_seeking_to_random_positions_then_bytes_of_the_object(steps, expected):
    with RangeReader(Bucket(BODY).read, len(BODY), first_read=64, largest_read=1024) as reader:
        reader.expect(*expected)
        plain = BytesIO(BODY)
        for position, size, seeks in steps:
            if seeks:
                reader.seek(position)
                plain.seek(position)
            assert reader.read(size) == plain.read(size)
            assert reader.tell() == plain.tell()


def test_read_when_reading_sequentially_then_requests_grow_up_to_the_limit():
    bucket = Bucket(BODY * 20)
    with RangeReader(
        bucket.read, len(bucket.body), first_read=1000, largest_read=16_000, ahead=False
    ) as reader:
        while reader.read(500):
            pass
    sizes = [end - start for start, end in bucket.reads]
    assert sizes[:5] == [1000, 2000, 4000, 8000, 16_000]
    assert max(sizes) == 16_000
    assert sum(sizes) == len(bucket.body)


def test_read_when_span_is_expected_then_nothing_beyond_it_is_fetched():
    bucket = Bucket(BODY)
    with RangeReader(bucket.read, len(BODY), first_read=100, largest_read=2000) as reader:
        reader.expect(5000, 9000)
        reader.seek(5000)
        assert reader.read(4000) == BODY[5000:9000]
    assert sorted(bucket.reads) == [(5000, 7000), (7000, 9000)]
    assert reader.bytes_read == 4000


def test_read_when_store_fails_then_its_error_is_raised_and_later_reads_work():
    calls = []

    def read(start: int, end: int) -> bytes:
        calls.append(start)
        if len(calls) == 1:
            raise Throttled("slow down")
        return BODY[start:end]

    with RangeReader(read, len(BODY)) as reader:
        with pytest.raises(Throttled):
            reader.read(10)
        assert isinstance(reader.failure, Throttled)
        assert reader.read(10) == BODY[:10]


def test_read_when_store_returns_too_few_bytes_then_oserror():
    with (
        RangeReader(lambda start, _end: BODY[start : start + 5], len(BODY)) as reader,
        pytest.raises(OSError, match="answered with 5 bytes"),
    ):
        reader.read(10)


def test_sample_frames_when_store_fails_during_sampling_then_its_error_is_raised(
    plain_film: DrawnFilm,
):
    body = plain_film.path.read_bytes()
    reads = []

    def read(start: int, end: int) -> bytes:
        reads.append(start)
        if len(reads) > 3:
            raise NotFound("the film was deleted")
        return body[start:end]

    with (
        RangeReader(read, len(body), first_read=4096, largest_read=4096) as reader,
        pytest.raises(NotFound),
    ):
        list(sample_frames(reader, 0.5))


def test_sample_frames_when_chunk_is_sampled_then_at_most_a_tenth_more_bytes_are_read(
    plain_film: DrawnFilm,
):
    body = plain_film.path.read_bytes()
    table = inspect_film(BytesIO(body), size_bytes=len(body)).packets
    bucket = Bucket(body)
    with RangeReader(bucket.read, len(body), first_read=2048, largest_read=8192) as reader:
        frames = list(sample_frames(reader, 0.5, 2.0, 6.0, packets=table, anchor_seconds=0.0))
    with av.open(str(plain_film.path)) as container:
        packets = [packet for packet in container.demux() if packet.size]
    begins = [packet.pos for packet in packets if packet.pts * packet.time_base >= 2.0]
    ends = [p.pos + p.size for p in packets if p.pts * p.time_base < 6.0]
    assert len(frames) == 8
    assert reader.bytes_read <= 1.1 * (max(ends) - min(begins))
    assert min(start for start, _ in bucket.reads) > 1000  # the index is not read again


def test_read_when_span_is_expected_then_next_block_is_fetched_while_waiting():
    asked = threading.Event()

    def read(start: int, end: int) -> bytes:
        if start >= 1000:
            asked.set()
        return BODY[start:end]

    with RangeReader(read, len(BODY), first_read=100, largest_read=1000) as reader:
        reader.expect(0, 3000)
        reader.read(1)
        assert asked.wait(PATIENCE_SECONDS)

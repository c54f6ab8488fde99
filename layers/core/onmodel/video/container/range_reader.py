"""A seekable file over byte ranges, for films in a bucket."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

ReadRange = Callable[[int, int], bytes]
"""Returns bytes [start, end) of the object; its exceptions reach the caller unchanged."""

FIRST_READ = 64 << 10  # a header or a page of an index, between which FFmpeg seeks
LARGEST_READ = 4 << 20  # S3 transfers 4 MiB in about two round-trip times
KEPT_BLOCKS = 3  # audio and video are interleaved: FFmpeg seeks back by a few blocks


@dataclass(frozen=True)
class _Block:
    start: int
    body: bytes

    @property
    def end(self) -> int:
        return self.start + len(self.body)


class RangeReader(io.RawIOBase):
    """Reads in requests of growing size, keeps the last few blocks, and reads one block ahead.

    A read that fails raises the exception of `read`, every time it is tried. `failure` keeps the
    last one, for callers that read through a library which hides exceptions (FFmpeg).

    Args:
        read: fetches bytes [start, end).
        size: of the object in bytes.
        first_read: bytes of the first request after a seek.
        largest_read: bytes of the largest request; the memory used is about (KEPT_BLOCKS + 1)
            times this.
        ahead: fetch the next block in the background.
    """

    def __init__(
        self,
        read: ReadRange,
        size: int,
        *,
        first_read: int = FIRST_READ,
        largest_read: int = LARGEST_READ,
        ahead: bool = True,
    ) -> None:
        super().__init__()
        self._read = read
        self.size = size
        self._first_read, self._largest_read = first_read, largest_read
        self._step = first_read
        self._position = 0
        self._blocks: list[_Block] = []
        self._expected = (0, 0)
        self._pool = ThreadPoolExecutor(1, "read-ahead") if ahead else None
        self._pending: tuple[int, int, Future[bytes]] | None = None
        self.requests = 0
        self.bytes_read = 0
        self.failure: BaseException | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError(f"position {base + offset} lies before the start")
        self._position = base + offset
        return self._position

    def expect(self, start: int, end: int) -> None:
        """Announce that bytes [start, end) will be read in order.

        They are fetched in large requests, and none of those reaches beyond `end`.
        """
        self._expected = (start, min(end, self.size))

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Fill `buffer` with at most one block; returns its bytes, 0 at the end of the object."""
        if self._position >= self.size:
            return 0
        block = self._held(self._position) or self._fetch(self._position, len(buffer))
        offset = self._position - block.start
        part = memoryview(block.body)[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def read(self, size: int = -1) -> bytes:
        """`size` bytes, fewer only at the end of the object."""
        wanted = self.size - self._position if size < 0 else size
        wanted = max(0, min(wanted, self.size - self._position))
        block = self._held(self._position)
        if block is not None and self._position + wanted <= block.end:
            offset = self._position - block.start
            self._position += wanted
            return block.body[offset : offset + wanted]
        body = bytearray(wanted)
        view, filled = memoryview(body), 0
        while filled < wanted:
            filled += self.readinto(view[filled:])
        return bytes(body)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._pending = None
        self._blocks.clear()
        super().close()

    def _held(self, position: int) -> _Block | None:
        for block in reversed(self._blocks):
            if block.start <= position < block.end:
                return block
        return None

    def _fetch(self, position: int, wanted: int) -> _Block:
        """Fetch the block at `position`, and start to fetch the one after it."""
        pending, self._pending = self._pending, None
        ahead = pending is not None and pending[0] <= position < pending[1]
        reading_on = ahead or (bool(self._blocks) and self._blocks[-1].end == position)
        self._step = min(self._step * 2, self._largest_read) if reading_on else self._first_read
        if pending is not None and ahead:
            start, end, future = pending
            body = self._recording_failure(future.result)
        else:
            start, end = position, self._end_of(position, wanted)
            body = self._recording_failure(lambda: self._counted(position, end))
        if len(body) != end - start:
            short = OSError(f"bytes {start} to {end} were answered with {len(body)} bytes")
            self.failure = short
            raise short
        block = _Block(start, body)
        self._blocks = [*self._blocks[1 - KEPT_BLOCKS :], block]
        self._fetch_ahead(block, reading_on=reading_on)
        return block

    def _end_of(self, position: int, wanted: int) -> int:
        """Where the next request ends: inside the announced span it is large, but not beyond it."""
        start, end = self._expected
        if start <= position < end:
            return min(end, position + self._largest_read)
        size = min(max(wanted, self._step), self._largest_read)
        return min(self.size, position + size)

    def _fetch_ahead(self, block: _Block, *, reading_on: bool) -> None:
        """Start the next request in the background, if its bytes are likely to be read."""
        start, stop = self._expected
        announced = start <= block.start < stop
        likely = block.end < stop if announced else reading_on
        if self._pool is None or not likely or block.end >= self.size:
            return
        end = self._end_of(block.end, 0)
        self._pending = (block.end, end, self._pool.submit(self._counted, block.end, end))

    def _counted(self, start: int, end: int) -> bytes:
        body = self._read(start, end)
        self.requests += 1
        self.bytes_read += len(body)
        return body

    def _recording_failure(self, fetch: Callable[[], bytes]) -> bytes:
        try:
            return fetch()
        except BaseException as fault:
            self.failure = fault
            raise

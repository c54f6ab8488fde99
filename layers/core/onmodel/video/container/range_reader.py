"""A seekable file over half-open byte ranges, for films that lie in a bucket."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

ReadRange = Callable[[int, int], bytes]
"""Bytes [start, end) of the object; may raise, and what it raises is what the caller sees."""

FIRST_READ = 64 << 10  # a header or a page of an index; FFmpeg seeks about among them
LARGEST_READ = 4 << 20  # one S3 request moves 4 MiB in about the time of two round trips
KEPT_BLOCKS = 3  # audio and video interleave: FFmpeg steps back a little


@dataclass(frozen=True)
class _Block:
    start: int
    body: bytes

    @property
    def end(self) -> int:
        return self.start + len(self.body)


class RangeReader(io.RawIOBase):
    """Reads forward in growing steps, keeps a few blocks, and fetches the next one ahead.

    A read that fails raises what `read` raised, each time it is tried; `failure` keeps it for
    callers whose library between (FFmpeg) swallows exceptions.

    Args:
        read: fetches bytes [start, end).
        size: of the object in bytes.
        first_read: bytes of the first request after a jump.
        largest_read: bytes of a request when reading on; bounds the memory to about
            (KEPT_BLOCKS + 1) times this.
        ahead: fetch the next block while the present one is decoded.
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
        self._coming: tuple[int, int, Future[bytes]] | None = None
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
        """Bytes [start, end) will be read in order: fetch them in large steps, and not beyond."""
        self._expected = (start, min(end, self.size))

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Fill as much of `buffer` as one block holds; 0 at the end of the object."""
        if self._position >= self.size:
            return 0
        block = self._held(self._position) or self._fetch(self._position, len(buffer))
        offset = self._position - block.start
        part = memoryview(block.body)[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, short only at the end of the object."""
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
        self._coming = None
        self._blocks.clear()
        super().close()

    def _held(self, position: int) -> _Block | None:
        for block in reversed(self._blocks):
            if block.start <= position < block.end:
                return block
        return None

    def _fetch(self, position: int, wanted: int) -> _Block:
        """Bring the block at `position`, and start on the one after it."""
        coming, self._coming = self._coming, None
        ahead = coming is not None and coming[0] <= position < coming[1]
        reading_on = ahead or (bool(self._blocks) and self._blocks[-1].end == position)
        self._step = min(self._step * 2, self._largest_read) if reading_on else self._first_read
        if coming is not None and ahead:
            start, end, future = coming
            body = self._caught(future.result)
        else:
            start, end = position, self._end_of(position, wanted)
            body = self._caught(lambda: self._counted(position, end))
        if len(body) != end - start:
            short = OSError(f"bytes {start} to {end} came as {len(body)} bytes")
            self.failure = short
            raise short
        block = _Block(start, body)
        self._blocks = [*self._blocks[1 - KEPT_BLOCKS :], block]
        self._look_ahead(block, reading_on=reading_on)
        return block

    def _end_of(self, position: int, wanted: int) -> int:
        """Where the next request ends: large inside the expected span, never beyond it."""
        start, end = self._expected
        if start <= position < end:
            return min(end, position + self._largest_read)
        size = min(max(wanted, self._step), self._largest_read)
        return min(self.size, position + size)

    def _look_ahead(self, block: _Block, *, reading_on: bool) -> None:
        """Start the next request while this block is worked on, when it is likely to be read."""
        start, stop = self._expected
        announced = start <= block.start < stop
        likely = block.end < stop if announced else reading_on
        if self._pool is None or not likely or block.end >= self.size:
            return
        end = self._end_of(block.end, 0)
        self._coming = (block.end, end, self._pool.submit(self._counted, block.end, end))

    def _counted(self, start: int, end: int) -> bytes:
        body = self._read(start, end)
        self.requests += 1
        self.bytes_read += len(body)
        return body

    def _caught(self, fetch: Callable[[], bytes]) -> bytes:
        try:
            return fetch()
        except BaseException as fault:
            self.failure = fault
            raise

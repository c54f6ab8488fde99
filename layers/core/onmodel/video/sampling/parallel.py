"""Decodes several groups of pictures in parallel, and yields their frames in order."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterator

from onmodel.video.gops.batches import Batch
from onmodel.video.sampling.batch_decoder import BatchDecoder, Sampled

_BYTES_AHEAD = 24 << 20  # of decoded frames that a group may queue: 8 of 720p, 3 of 1080p
_WAIT_SECONDS = 0.1  # after this a waiting worker checks whether the pool was shut down


class _Group:
    """The queues of a group of pictures: of its batches, and of its decoded frames."""

    def __init__(self, frames_ahead: int) -> None:
        self.batches: queue.Queue[Batch | None] = queue.Queue(maxsize=2)
        self.frames: queue.Queue[Sampled | BaseException | None] = queue.Queue(frames_ahead)


def decode_in_order(
    batches: Iterator[Batch], decoders: list[BatchDecoder], frame_bytes: int
) -> Iterator[Sampled]:
    """Decode batches with all decoders; exceptions of a decoder are raised here.

    Batches are read in the caller's thread, at most one group ahead of the decoders.

    Args:
        batches: groups of pictures, or parts of them, in order.
        decoders: one per thread.
        frame_bytes: bytes of a frame's pixels; limits how many frames are queued.
    """
    if len(decoders) == 1:
        for batch in batches:
            yield from decoders[0].frames(batch)
        return
    pool = _DecoderPool(decoders, max(1, _BYTES_AHEAD // frame_bytes))
    try:
        yield from pool.frames(batches)
    finally:
        pool.shut_down()


class _DecoderPool:
    """One thread per decoder; each decodes one group of pictures after the other."""

    def __init__(self, decoders: list[BatchDecoder], frames_ahead: int) -> None:
        self._frames_ahead = frames_ahead
        self._stopped = threading.Event()
        self._waiting: queue.Queue[_Group | None] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._work, args=(decoder,), daemon=True)
            for decoder in decoders
        ]
        for thread in self._threads:
            thread.start()

    def shut_down(self) -> None:
        self._stopped.set()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def frames(self, batches: Iterator[Batch]) -> Iterator[Sampled]:
        groups: deque[_Group] = deque()
        filling: _Group | None = None
        for batch in batches:
            if filling is None:
                filling = _Group(self._frames_ahead)
                groups.append(filling)
                self._waiting.put(filling)
            while not self._try_put(filling, batch):
                yield from self._frames_to_make_room(groups, filling)
            if batch.last:
                filling = None
            while len(groups) > len(self._threads) + (filling is not None):
                yield from self._remaining_frames(groups.popleft())
        if filling is not None:
            while not self._try_put(filling, None):
                yield from self._frames_to_make_room(groups, filling)
        while groups:
            yield from self._remaining_frames(groups.popleft())

    def _try_put(self, group: _Group, batch: Batch | None) -> bool:
        try:
            group.batches.put(batch, timeout=_WAIT_SECONDS)
        except queue.Full:
            return False
        return True

    def _frames_to_make_room(self, groups: deque[_Group], filling: _Group) -> Iterator[Sampled]:
        """Frames of the earliest group, so that the queues of `filling` get room."""
        if groups[0] is not filling:
            yield from self._remaining_frames(groups.popleft())
            return
        while not filling.frames.empty():
            found = filling.frames.get()
            if isinstance(found, BaseException):
                raise found
            if found is not None:
                yield found

    def _remaining_frames(self, group: _Group) -> Iterator[Sampled]:
        while True:
            found = group.frames.get()
            if found is None:
                return
            if isinstance(found, BaseException):
                raise found
            yield found

    def _work(self, decoder: BatchDecoder) -> None:
        while (group := self._waiting.get()) is not None and not self._stopped.is_set():
            try:
                self._decode(decoder, group)
            except BaseException as fault:  # noqa: BLE001 - raised again in the reader's thread
                self._put(group, fault)
            else:
                self._put(group, None)

    def _decode(self, decoder: BatchDecoder, group: _Group) -> None:
        while not self._stopped.is_set():
            try:
                batch = group.batches.get(timeout=_WAIT_SECONDS)
            except queue.Empty:
                continue
            if batch is None:
                return
            for sampled in decoder.frames(batch):
                if not self._put(group, sampled):
                    return
            if batch.last:
                return

    def _put(self, group: _Group, item: Sampled | BaseException | None) -> bool:
        """Queue a frame for the reader; False once the pool is shut down."""
        while not self._stopped.is_set():
            try:
                group.frames.put(item, timeout=_WAIT_SECONDS)
            except queue.Full:
                continue
            return True
        return False

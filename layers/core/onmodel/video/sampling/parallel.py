"""Several decoders at once, one group of pictures each, and frames still in order."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterator

from onmodel.video.gops.batches import Batch
from onmodel.video.sampling.batch_decoder import BatchDecoder, Sampled

_BYTES_AHEAD = 24 << 20  # of frames a group may run ahead of the reader: 8 of 720p, 3 of 1080p
_PATIENCE_SECONDS = 0.1  # how often a waiting worker looks whether anybody still reads


class _Group:
    """A group of pictures in work: batches go in, frames come out."""

    def __init__(self, frames_ahead: int) -> None:
        self.batches: queue.Queue[Batch | None] = queue.Queue(maxsize=2)
        self.frames: queue.Queue[Sampled | BaseException | None] = queue.Queue(frames_ahead)


def decode_in_order(
    batches: Iterator[Batch], decoders: list[BatchDecoder], frame_bytes: int
) -> Iterator[Sampled]:
    """Decode batches with all decoders; what a decoder raises is raised here.

    The batches are read in the caller's thread, at most one group ahead of the decoders.

    Args:
        batches: groups of pictures, or parts of them, in order.
        decoders: one a thread.
        frame_bytes: of a frame's pixels; says how many may wait.
    """
    if len(decoders) == 1:
        for batch in batches:
            yield from decoders[0].frames(batch)
        return
    crew = _Crew(decoders, max(1, _BYTES_AHEAD // frame_bytes))
    try:
        yield from crew.frames(batches)
    finally:
        crew.dismiss()


class _Crew:
    def __init__(self, decoders: list[BatchDecoder], frames_ahead: int) -> None:
        self._frames_ahead = frames_ahead
        self._dismissed = threading.Event()
        self._waiting: queue.Queue[_Group | None] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._work, args=(decoder,), daemon=True)
            for decoder in decoders
        ]
        for thread in self._threads:
            thread.start()

    def dismiss(self) -> None:
        self._dismissed.set()
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
            while not self._handed(filling, batch):
                yield from self._ready(groups, filling)
            if batch.last:
                filling = None
            while len(groups) > len(self._threads) + (filling is not None):
                yield from self._rest_of(groups.popleft())
        if filling is not None:
            while not self._handed(filling, None):
                yield from self._ready(groups, filling)
        while groups:
            yield from self._rest_of(groups.popleft())

    def _handed(self, group: _Group, batch: Batch | None) -> bool:
        try:
            group.batches.put(batch, timeout=_PATIENCE_SECONDS)
        except queue.Full:
            return False
        return True

    def _ready(self, groups: deque[_Group], filling: _Group) -> Iterator[Sampled]:
        """Make room: frames of the earliest group, which may be the one that waits."""
        if groups[0] is not filling:
            yield from self._rest_of(groups.popleft())
            return
        while not filling.frames.empty():
            found = filling.frames.get()
            if isinstance(found, BaseException):
                raise found
            if found is not None:
                yield found

    def _rest_of(self, group: _Group) -> Iterator[Sampled]:
        while True:
            found = group.frames.get()
            if found is None:
                return
            if isinstance(found, BaseException):
                raise found
            yield found

    def _work(self, decoder: BatchDecoder) -> None:
        while (group := self._waiting.get()) is not None and not self._dismissed.is_set():
            try:
                self._decode(decoder, group)
            except BaseException as fault:  # noqa: BLE001 - raised again in the reader's thread
                self._put(group, fault)
            else:
                self._put(group, None)

    def _decode(self, decoder: BatchDecoder, group: _Group) -> None:
        while not self._dismissed.is_set():
            try:
                batch = group.batches.get(timeout=_PATIENCE_SECONDS)
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
        """Hand a frame over, unless nobody reads any more."""
        while not self._dismissed.is_set():
            try:
                group.frames.put(item, timeout=_PATIENCE_SECONDS)
            except queue.Full:
                continue
            return True
        return False

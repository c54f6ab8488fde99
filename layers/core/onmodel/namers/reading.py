"""Reads references a few at a time: what is kept of each is an answer, and no picture."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

from onmodel.ports.namer import ReferencePicture

Answer = TypeVar("Answer")

READ_AT_ONCE = 8
"""Threads, and the most pictures in memory. One waits for S3 for some 50 ms, and for its answer."""


def ask_about_each(
    references: Sequence[ReferencePicture], ask: Callable[[bytes], Answer]
) -> list[Answer | None]:
    """What `ask` says of each reference's picture; None for one that cannot be used.

    Equal pictures are asked about once.

    Args:
        references: in the order of the answers.
        ask: takes a JPEG; several threads call it. What it raises is raised.
    """
    once = _AskedOnce(ask)

    def read_and_ask(reference: ReferencePicture) -> Answer | None:
        jpeg = reference.read()
        return None if jpeg is None else once.ask(jpeg)

    with ThreadPoolExecutor(READ_AT_ONCE) as threads:
        return list(threads.map(read_and_ask, references))


class _AskedOnce(Generic[Answer]):
    """The first thread that has a picture asks about it; others that have it wait."""

    def __init__(self, ask: Callable[[bytes], Answer]) -> None:
        self._ask = ask
        self._answers: dict[bytes, Answer] = {}
        self._locks: defaultdict[bytes, Lock] = defaultdict(Lock)
        self._lock = Lock()

    def ask(self, jpeg: bytes) -> Answer:
        digest = hashlib.sha256(jpeg).digest()
        with self._lock:
            of_picture = self._locks[digest]
        with of_picture:
            if digest not in self._answers:
                self._answers[digest] = self._ask(jpeg)
            return self._answers[digest]

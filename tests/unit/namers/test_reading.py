"""References are asked about a few at a time: thousands of them do not fit into memory."""

from __future__ import annotations

import threading
import tracemalloc

import pytest
from fakes.references import reference
from waiting import PATIENCE_SECONDS

from onmodel.errors import Throttled
from onmodel.namers.reading import READ_AT_ONCE, ask_about_each
from onmodel.ports.namer import ReferencePicture

PICTURE_BYTES = 500_000


def test_ask_when_there_are_many_references_then_no_more_pictures_are_held_than_threads() -> None:
    references = [
        ReferencePicture("buck", lambda place=place: bytes([place]) * PICTURE_BYTES)
        for place in range(8 * READ_AT_ONCE)
    ]
    tracemalloc.start()
    try:
        answers = ask_about_each(references, lambda jpeg: jpeg[0])
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answers == list(range(8 * READ_AT_ONCE))
    assert most < (READ_AT_ONCE + 1) * PICTURE_BYTES


def test_ask_when_references_are_equal_or_unusable_then_each_picture_once_and_none() -> None:
    asked = []

    def ask(jpeg: bytes) -> int:
        asked.append(jpeg)
        return len(jpeg)

    equal = [reference(name, b"one") for name in ("buck", "frank") * READ_AT_ONCE]
    answers = ask_about_each([*equal, reference("buck", None), reference("buck", b"other")], ask)
    assert answers == [3] * len(equal) + [None, 5]
    assert sorted(asked) == [b"one", b"other"]


def test_ask_when_the_first_answer_fails_then_raised_and_nobody_waits() -> None:
    others_wait = threading.Barrier(READ_AT_ONCE)

    def read() -> bytes:
        others_wait.wait(PATIENCE_SECONDS)
        return b"one"

    def ask(_: bytes) -> int:
        raise Throttled("for now")

    with pytest.raises(Throttled):
        ask_about_each([ReferencePicture("buck", read)] * READ_AT_ONCE, ask)

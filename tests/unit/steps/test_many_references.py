"""Thousands of references are read and embedded within the time of a function, and paid once."""

from __future__ import annotations

import os
from collections import Counter

import cv2
import numpy as np
import pytest
from fakes.embedder import FakeEmbedder
from fakes.faulty import FunctionKilled
from fakes.object_store import InMemoryObjectStore
from fakes.training_in_memory import PRODUCTION, TrainingInMemory
from fakes.worker_time import WorkerTime

from onmodel.adapters.pacing import PatientEmbedder, ThrottledRetry
from onmodel.contracts.arrays import Vector
from onmodel.contracts.base import ObjectRef
from onmodel.contracts.crops import Naming
from onmodel.contracts.film_rows import ReferenceBody, ReferenceStatus
from onmodel.contracts.films import Run
from onmodel.contracts.keys import FilmKeys
from onmodel.errors import Throttled
from onmodel.formats.jsonl import read_lines
from onmodel.registry.kinds import REFERENCES

REFERENCE_COUNT = 10_000 if os.environ.get("ONMODEL_ALL_FAULTS") else 160
CHARACTERS = 20
THREADS = 8
READ_SECONDS = 0.03
"""Of a call to S3; a picture is asked for its size first."""
EMBED_SECONDS = 0.3
TIME_LIMIT_SECONDS = 840
"""Of the function, without the minute that it keeps for its end."""


class SlowUploads(InMemoryObjectStore):
    """The uploads bucket, whose calls take time; it counts pictures that were read."""

    def __init__(self, time: WorkerTime) -> None:
        super().__init__("uploads")
        self._time = time
        self.read = 0

    def get(self, key: str, version_id: str | None = None) -> bytes:
        self._time.sleep(2 * READ_SECONDS)
        self.read += 1
        return super().get(key, version_id)


class SlowEmbedder(FakeEmbedder):
    """An embedder whose calls take time, and the last of which may end the process."""

    def __init__(self, uploads: SlowUploads, time: WorkerTime, dimensions: int) -> None:
        super().__init__(dimensions)
        self.uploads = uploads
        self.time = time
        self.dies_after: int | None = None
        self.most_held = 0

    def embed(self, jpeg: bytes) -> Vector:
        self.most_held = max(self.most_held, self.uploads.read - len(self.pictures))
        if self.dies_after is not None and len(self.pictures) >= self.dies_after:
            raise FunctionKilled
        self.time.sleep(EMBED_SECONDS)
        return super().embed(jpeg)


class ManyReferences:
    """A film with crops, and a production with many references."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time = WorkerTime()
        for module in ("reading", "embeddings"):
            monkeypatch.setattr(f"onmodel.namers.{module}.ThreadPoolExecutor", self.time.pool)
        self.world = TrainingInMemory()
        uploads = self.world.uploads = SlowUploads(self.time)
        self.run: Run = self.world.film(crops=8)
        self.slow = SlowEmbedder(uploads, self.time, 1024)
        self.world.embedding_model = self._embedder
        self.ends_at = float("inf")
        for number in range(REFERENCE_COUNT):
            self._record(number)

    def _embedder(self, _dimensions: int) -> PatientEmbedder:
        retry = ThrottledRetry(self.ends_at, self.time.monotonic, self.time.sleep)
        return PatientEmbedder(self.slow, retry)

    def _record(self, number: int) -> None:
        random = np.random.default_rng(number)
        pixels = np.kron(random.integers(0, 256, (4, 4, 3)), np.ones((16, 16, 1)))
        _, data = cv2.imencode(".png", pixels.astype(np.uint8))
        character = f"c{number % CHARACTERS}"
        key = f"{PRODUCTION}/characters/{character}/{number}.png"
        self.world.uploads.put(key, data.tobytes(), "image/png")
        REFERENCES.put(
            self.world.registry,
            PRODUCTION,
            f"{character}/{number}-png",
            status=ReferenceStatus.RECORDED,
            body=ReferenceBody(
                character=character,
                source=ObjectRef(bucket="uploads", key=key),
                width=64,
                height=64,
            ),
            now=self.world.clock(),
        )

    def name(self, seconds: float = TIME_LIMIT_SECONDS) -> float:
        """The seconds that one invocation takes."""
        began = self.time.now
        self.ends_at = began + seconds
        self.world.name(self.run)
        return self.time.now - began

    def must_be_named_and_paid_once(self) -> None:
        names = self.world.studio.get(FilmKeys.of(self.run).names)
        assert len(read_lines(Naming, names)) == 8
        paid = Counter(self.slow.pictures)
        assert set(paid.values()) == {1}
        assert REFERENCE_COUNT <= len(paid) <= REFERENCE_COUNT + 8  # the crops' figures too


def test_name_when_there_are_thousands_of_references_then_within_the_functions_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One after the other they would take an hour: 10,000 × 0.36 s."""
    many = ManyReferences(monkeypatch)
    seconds = many.name()
    shared = REFERENCE_COUNT * (2 * READ_SECONDS + EMBED_SECONDS) / THREADS
    assert seconds == pytest.approx(shared, rel=0.02, abs=2.0)
    assert seconds < TIME_LIMIT_SECONDS
    many.must_be_named_and_paid_once()
    looked_at_first = 2  # one of each of two characters: several have references
    assert many.slow.most_held <= THREADS + looked_at_first


def test_name_when_the_time_ends_then_the_next_attempt_goes_on_and_pays_for_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = ManyReferences(monkeypatch)
    half = REFERENCE_COUNT * (2 * READ_SECONDS + EMBED_SECONDS) / THREADS / 2
    with pytest.raises(Throttled):
        many.name(half)
    assert 0.4 * REFERENCE_COUNT < len(many.slow.pictures) < 0.6 * REFERENCE_COUNT
    many.name()
    many.must_be_named_and_paid_once()


def test_name_when_the_process_is_killed_then_the_next_attempt_pays_for_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = ManyReferences(monkeypatch)
    many.slow.dies_after = REFERENCE_COUNT // 2
    with pytest.raises(FunctionKilled):
        many.name()
    many.slow.dies_after = None
    many.name()
    many.must_be_named_and_paid_once()

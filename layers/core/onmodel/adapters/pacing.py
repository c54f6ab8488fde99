"""Calls at a given rate, repeated where a service answers that there were too many.

A service counts the calls of the whole account. A function that gives up when it is throttled
throws its work away; here the call waits, until the function has to end.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from onmodel.contracts.models import Reply, Turn
from onmodel.errors import Throttled
from onmodel.ports.faces import FaceCollections, FaceMatch
from onmodel.ports.human_loops import HumanLoops
from onmodel.ports.models import (
    CaptionModel,
    Embedder,
    FaceDetector,
    Instance,
    Label,
    LabelDetector,
)

if TYPE_CHECKING:  # NumPy is not installed where nothing is embedded
    from onmodel.contracts.arrays import Vector

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 20.0
"""After a refusal. Waits double up to it and are random below, so that callers spread out."""

AnswerT = TypeVar("AnswerT")


@dataclass
class Pace:
    """Spreads the calls of one process over time; safe to use from several threads.

    Args:
        per_second: calls at most.
        monotonic: seconds of a steady clock.
        sleep: waits for a number of seconds.
    """

    per_second: float
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """Return when the next call may be made."""
        with self._lock:
            now = self.monotonic()
            mine = max(now, self._next)
            self._next = mine + 1 / self.per_second
        if mine > now:
            self.sleep(mine - now)


@dataclass(frozen=True)
class ThrottledRetry:
    """Repeats a call that was throttled.

    Args:
        ends_at: of `monotonic`; a call that would wait beyond it is not repeated.
        monotonic: seconds of a steady clock.
        sleep: waits for a number of seconds.
        uniform: a random number between two.
    """

    ends_at: float
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    uniform: Callable[[float, float], float] = random.uniform

    def check(self) -> None:
        """Raises Throttled when there is no time for another call."""
        if self.monotonic() > self.ends_at:
            raise Throttled("there are more calls to make than one invocation has time for")

    def call(self, work: Callable[[], AnswerT]) -> AnswerT:
        """The answer of `work`.

        Raises:
            Throttled: there were too many calls up to the end.
        """
        longest = FIRST_WAIT_SECONDS
        while True:
            try:
                return work()
            except Throttled:
                wait = self.uniform(0, longest)
                if self.monotonic() + wait > self.ends_at:
                    raise
            self.sleep(wait)
            longest = min(LONGEST_WAIT_SECONDS, longest * 2)


@dataclass(frozen=True)
class PacedRetry:
    """Calls that keep to a rate, and wait where they are throttled."""

    pace: Pace
    retry: ThrottledRetry

    def call(self, work: Callable[[], AnswerT]) -> AnswerT:
        """The answer of `work`. Raises Throttled: there were too many calls up to the end."""

        def paced() -> AnswerT:
            self.pace.wait()
            return work()

        return self.retry.call(paced)


@dataclass(frozen=True)
class PatientLabels:
    """A LabelDetector that keeps to a rate and waits where it is throttled."""

    detector: LabelDetector
    calls: PacedRetry

    def detect(self, jpeg: bytes) -> tuple[Label, ...]:
        return self.calls.call(lambda: self.detector.detect(jpeg))


@dataclass(frozen=True)
class PatientFaces:
    """A FaceDetector that keeps to a rate and waits where it is throttled."""

    detector: FaceDetector
    calls: PacedRetry

    def detect(self, jpeg: bytes) -> tuple[Instance, ...]:
        self.calls.retry.check()
        return self.calls.call(lambda: self.detector.detect(jpeg))


class PatientModel:
    """A CaptionModel that waits where it is throttled."""

    def __init__(self, model: CaptionModel, retry: ThrottledRetry) -> None:
        self.model = model.model
        self.picture_limits = model.picture_limits
        self._asked = model
        self._retry = retry

    def ask(self, turns: Sequence[Turn], system: str = "") -> Reply:
        return self._retry.call(lambda: self._asked.ask(turns, system))


class PatientFaceCollections:
    """FaceCollections whose paid calls keep to a rate and wait where they are throttled.

    A film may need more calls than one invocation has time for: when it must end, a call raises
    Throttled, and the next invocation finds the answers of this one in the cache, and the faces
    that it added in the collection.
    """

    def __init__(self, collections: FaceCollections, calls: PacedRetry) -> None:
        self._collections = collections
        self._calls = calls
        self.create = collections.create
        self.faces = collections.faces
        self.ids = collections.ids
        self.delete = collections.delete

    def add(self, collection: str, face: str, jpeg: bytes) -> str:
        self._calls.retry.check()
        return self._calls.call(lambda: self._collections.add(collection, face, jpeg))

    def search(self, collection: str, jpeg: bytes) -> tuple[FaceMatch, ...] | None:
        self._calls.retry.check()
        return self._calls.call(lambda: self._collections.search(collection, jpeg))


class PatientHumanLoops:
    """HumanLoops that wait where a start is throttled.

    When the invocation must end, a start raises Throttled; the next invocation starts the others.
    """

    def __init__(self, loops: HumanLoops, retry: ThrottledRetry) -> None:
        self._loops = loops
        self._patience = retry
        self.look = loops.look
        self.stop = loops.stop

    def start(self, name: str, content: str) -> None:
        self._patience.check()
        self._patience.call(lambda: self._loops.start(name, content))


class PatientEmbedder:
    """An Embedder that waits where it is throttled.

    When the invocation must end, it raises Throttled; the next one finds the answers of this one
    in the cache.
    """

    def __init__(self, embedder: Embedder, retry: ThrottledRetry) -> None:
        self.model = embedder.model
        self.dimensions = embedder.dimensions
        self._embedder = embedder
        self._patience = retry

    def embed(self, jpeg: bytes) -> Vector:
        self._patience.check()
        return self._patience.call(lambda: self._embedder.embed(jpeg))

"""A rate is kept by all threads together, and a throttled call waits instead of failing."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest

from onmodel.adapters.pacing import (
    Pace,
    PacedRetry,
    PatientEmbedder,
    PatientHumanLoops,
    PatientLabels,
    ThrottledRetry,
)
from onmodel.errors import ServiceUnavailable, Throttled
from onmodel.ports.models import Label


@dataclass
class Seconds:
    """A steady clock that only sleeping moves."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


class Detector:
    """Answers after it was throttled for some calls; remembers when it was asked."""

    def __init__(self, seconds: Seconds, throttled: int = 0) -> None:
        self.seconds = seconds
        self.throttled = throttled
        self.asked: list[float] = []

    def detect(self, _jpeg: bytes) -> tuple[Label, ...]:
        self.asked.append(self.seconds())
        if len(self.asked) <= self.throttled:
            raise Throttled("too many")
        return (Label(name="Animal", confidence=99),)


def longest(_least: float, most: float) -> float:
    return most


def retry(seconds: Seconds, lasts: float = 800) -> ThrottledRetry:
    return ThrottledRetry(seconds() + lasts, seconds, seconds.sleep, longest)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def test_pace_when_calls_come_at_once_then_they_are_spread_over_time(seconds: Seconds) -> None:
    detector = Detector(seconds)
    labels = PatientLabels(detector, PacedRetry(Pace(5, seconds, seconds.sleep), retry(seconds)))
    for _ in range(6):
        labels.detect(b"jpeg")
    assert detector.asked == pytest.approx([100, 100.2, 100.4, 100.6, 100.8, 101])


def test_pace_when_calls_come_slowly_then_none_waits_and_none_is_saved_up(seconds: Seconds) -> None:
    pace = Pace(2, seconds, seconds.sleep)
    for _ in range(3):
        pace.wait()
        seconds.now += 10
    assert seconds.slept == []
    pace.wait()
    pace.wait()
    assert seconds.slept == [0.5]


def test_call_when_throttled_for_long_then_answers_without_failing(seconds: Seconds) -> None:
    detector = Detector(seconds, throttled=20)
    labels = PatientLabels(detector, PacedRetry(Pace(100, seconds, seconds.sleep), retry(seconds)))
    assert [label.name for label in labels.detect(b"jpeg")] == ["Animal"]
    assert len(detector.asked) == 21
    waits = [later - before for before, later in pairwise(detector.asked)]
    assert waits == pytest.approx([0.5, 1, 2, 4, 8, 16] + [20] * 14)


def test_call_when_the_function_must_end_then_throttled_before_that(seconds: Seconds) -> None:
    detector = Detector(seconds, throttled=10**6)
    calls = PacedRetry(Pace(100, seconds, seconds.sleep), retry(seconds, lasts=60))
    labels = PatientLabels(detector, calls)
    with pytest.raises(Throttled):
        labels.detect(b"jpeg")
    assert 100 < seconds() <= 160


def test_call_when_it_fails_otherwise_then_fails_at_once(seconds: Seconds) -> None:
    def fail() -> None:
        raise ServiceUnavailable("500")

    with pytest.raises(ServiceUnavailable):
        retry(seconds).call(fail)
    assert seconds.slept == []


def test_embedder_when_throttled_then_waits_and_answers_the_same_vector(seconds: Seconds) -> None:
    class Busy:
        model, dimensions, refusals = "titan", 2, 3

        def embed(self, _jpeg: bytes) -> np.ndarray:
            if self.refusals:
                self.refusals -= 1
                raise Throttled("too many")
            return np.array([0.6, 0.8], np.float32)

    embedder = PatientEmbedder(Busy(), retry(seconds))
    assert (embedder.model, embedder.dimensions) == ("titan", 2)
    assert embedder.embed(b"jpeg").tolist() == pytest.approx([0.6, 0.8])
    assert seconds.slept == [0.5, 1.0, 2.0]


def test_human_loops_when_the_function_must_end_then_throttled_between_two_starts(
    seconds: Seconds,
) -> None:
    class Slow:
        look = stop = None

        def __init__(self) -> None:
            self.started: list[str] = []

        def start(self, name: str, _content: str) -> None:
            self.started.append(name)
            seconds.now += 1
            if len(self.started) == 3:
                raise Throttled("too many")

    slow = Slow()
    patient = PatientHumanLoops(slow, retry(seconds, lasts=10))
    with pytest.raises(Throttled):
        for number in range(500):
            patient.start(str(number), "{}")
    assert slow.started[:5] == ["0", "1", "2", "2", "3"]
    assert 10 <= len(slow.started) <= 11

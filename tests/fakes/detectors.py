"""Detectors that start and stop by the clock, as Rekognition's Custom Labels models do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from onmodel.errors import AnswerRefused, Conflict, NotFound
from onmodel.ports.detectors import DetectorState, DetectorStatus
from onmodel.ports.machines import Clock

MODEL = (
    "arn:aws:rekognition:us-east-1:123456789012"
    ":project/onmodel-cast/version/second.2026-01-01/1767225600000"
)


@dataclass
class Life:
    """From when to when a model ran, and so cost money."""

    model: str
    start: datetime
    units: int
    end: datetime | None = None


class InMemoryDetectors:
    """Models that can be started; others do not exist.

    Args:
        clock: by which they start and stop.
        models: their ARNs.
    """

    def __init__(self, clock: Clock, *models: str) -> None:
        self._clock = clock
        self.models = dict.fromkeys(models or (MODEL,), "STOPPED")
        self.units: dict[str, int] = {}
        self.changes: dict[str, datetime] = {}
        self.starts_after = timedelta(minutes=15)
        self.stops_after = timedelta(minutes=2)
        self.fails_to_start = False
        self.most = 5
        self.lives: list[Life] = []
        self.on_start: Callable[[str], None] = lambda _: None

    def look(self, model: str) -> DetectorState | None:
        word = self._word(model)
        if word is None:
            return None
        statuses = {
            "STARTING": DetectorStatus.STARTING,
            "RUNNING": DetectorStatus.RUNNING,
            "STOPPING": DetectorStatus.STOPPING,
            "STOPPED": DetectorStatus.READY,
            "TRAINING_COMPLETED": DetectorStatus.READY,
            "FAILED": DetectorStatus.FAILED,
        }
        status = statuses.get(word, DetectorStatus.UNUSABLE)
        return DetectorState(status=status, said=word, units=self.units.get(model))

    def start(self, model: str, units: int) -> None:
        state = self.look(model)
        if state is None:
            raise NotFound(model)
        if state.bills:
            return
        if sum(1 for each in self.models if self._bills(each)) >= self.most:
            raise AnswerRefused("the account's models that run at once")
        self.on_start(model)
        self._become(model, "STARTING")
        self.units[model] = units

    def stop(self, model: str) -> None:
        word = self._word(model)
        if word == "STARTING":
            raise Conflict(f"{model} is starting")
        if word == "RUNNING":
            self._become(model, "STOPPING")

    def billed(self) -> timedelta:
        """Of all models, by inference units."""
        for model in self.models:
            self._word(model)
        return sum(
            (((life.end or self._clock()) - life.start) * life.units for life in self.lives),
            timedelta(0),
        )

    @property
    def running(self) -> list[str]:
        return [model for model in self.models if self._bills(model)]

    def _bills(self, model: str) -> bool:
        state = self.look(model)
        return state is not None and state.bills

    def _become(self, model: str, word: str) -> None:
        self.models[model] = word
        self.changes[model] = self._clock()

    def _word(self, model: str) -> str | None:
        """The state now: starting and stopping take their time."""
        word = self.models.get(model)
        since = self.changes.get(model)
        if word == "STARTING" and since and self._clock() >= since + self.starts_after:
            ran = since + self.starts_after
            word = "FAILED" if self.fails_to_start else "RUNNING"
            self.models[model], self.changes[model] = word, ran
            if word == "RUNNING":
                self.lives.append(Life(model, ran, self.units[model]))
        elif word == "STOPPING" and since and self._clock() >= since + self.stops_after:
            self.models[model], word = "STOPPED", "STOPPED"
            self.units.pop(model, None)
            for life in self.lives:
                if life.model == model and life.end is None:
                    life.end = since + self.stops_after
        return word

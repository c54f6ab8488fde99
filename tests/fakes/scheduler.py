"""One-time schedules in memory; `due` returns those whose time has come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes.clock import FixedClock

from onmodel.errors import NotFound
from onmodel.ports.machines import Clock, Schedule


class InMemoryScheduler:
    def __init__(self, clock: Clock | None = None, lead: timedelta = timedelta(seconds=60)) -> None:
        self._clock = clock or FixedClock()
        self._lead = lead
        self.schedules: dict[str, Schedule] = {}

    def at(
        self, name: str, when: datetime, target_arn: str, payload: Mapping[str, Any]
    ) -> Schedule:
        if name not in self.schedules:
            self.schedules[name] = Schedule(
                name=name,
                at=self._moment(when),
                target_arn=target_arn,
                payload=json.dumps(payload),
            )
        return self.schedules[name]

    def move(self, name: str, when: datetime) -> Schedule:
        if name not in self.schedules:
            raise NotFound(name)
        self.schedules[name] = self.schedules[name].model_copy(update={"at": self._moment(when)})
        return self.schedules[name]

    def get(self, name: str) -> Schedule | None:
        return self.schedules.get(name)

    def delete(self, name: str) -> None:
        self.schedules.pop(name, None)

    def due(self) -> tuple[Schedule, ...]:
        """Returns and deletes the schedules whose time has come; not part of the port."""
        fired = tuple(item for item in self.schedules.values() if item.at <= self._clock())
        for item in fired:
            del self.schedules[item.name]
        return fired

    def _moment(self, when: datetime) -> datetime:
        moment = max(when.astimezone(UTC), self._clock() + self._lead)
        up = timedelta(seconds=1 if moment.microsecond else 0)
        return moment.replace(microsecond=0) + up

"""The ports to state machines, their schedules, and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from pydantic import Field

from onmodel.contracts.base import Contract

Clock = Callable[[], datetime]
"""Now, timezone-aware, UTC."""


class Executions(Protocol):
    """State machine executions."""

    def start(self, machine_arn: str, name: str, payload: Mapping[str, Any]) -> bool:
        """False when this name was started before: that is success, not failure."""
        ...

    def is_running(self, execution_arn: str) -> bool:
        """False also when the execution is unknown."""
        ...

    def stop_all(self, machine_arn: str, reason: str) -> int:
        """End what runs of a machine, and its children; returns how many. An unknown one has 0."""
        ...


class Schedule(Contract):
    """Something that will be started once."""

    name: str
    at: datetime = Field(description="UTC")
    target_arn: str
    payload: str = Field(description="JSON")


class Scheduler(Protocol):
    """Starts a state machine once, later."""

    def at(
        self, name: str, when: datetime, target_arn: str, payload: Mapping[str, Any]
    ) -> Schedule:
        """The schedule that stands under this name: the first one; a repeat moves nothing.

        A time in the past becomes the next possible one.
        """
        ...

    def move(self, name: str, when: datetime) -> Schedule:
        """Raises NotFound."""
        ...

    def get(self, name: str) -> Schedule | None: ...

    def delete(self, name: str) -> None:
        """Gone is success."""
        ...


class TaskTokens(Protocol):
    """Answers to tasks that wait. False when nobody waits any more, which is success too."""

    def succeed(self, token: str, output: Mapping[str, Any]) -> bool: ...

    def fail(self, token: str, error: str, cause: str) -> bool: ...

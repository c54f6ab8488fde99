"""The ports to state machines, their schedules, and the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from pydantic import Field

from onmodel.contracts.base import Contract

Clock = Callable[[], datetime]
"""Now, timezone-aware, UTC."""


class EndedExecution(Contract):
    """An execution that failed, was stopped, or took longer than its machine allows."""

    arn: str
    ended_at: datetime
    payload: dict[str, Any] = Field(description="its input")
    error: str = ""
    cause: str = ""


class Executions(Protocol):
    """State machine executions."""

    def start(self, machine_arn: str, name: str, payload: Mapping[str, Any]) -> bool:
        """False when this name was started before: that is success, not failure."""
        ...

    def is_running(self, execution_arn: str) -> bool:
        """False also when the execution is unknown."""
        ...

    def unsuccessful(self, machine_arn: str, since: datetime) -> Iterator[EndedExecution]:
        """A machine's executions that ended without success after `since`, in no order.

        An unknown machine has none.
        """
        ...

    def stop_all(self, machine_arn: str, reason: str) -> int:
        """Stop a machine's running executions and their children; returns how many there were.

        An unknown machine has none.
        """
        ...


class Schedule(Contract):
    """A planned start of a state machine."""

    name: str
    at: datetime = Field(description="UTC")
    target_arn: str
    payload: str = Field(description="JSON")


class Scheduler(Protocol):
    """Starts a state machine once, later."""

    def at(
        self, name: str, when: datetime, target_arn: str, payload: Mapping[str, Any]
    ) -> Schedule:
        """The schedule of this name. A second call with the same name changes nothing.

        A time in the past becomes the next possible one.
        """
        ...

    def move(self, name: str, when: datetime) -> Schedule:
        """Raises NotFound."""
        ...

    def get(self, name: str) -> Schedule | None: ...

    def delete(self, name: str) -> None:
        """Delete a schedule; succeeds when there is none."""
        ...


class TaskTokens(Protocol):
    """Answers to tasks that wait. False when the task does not wait any more; that is no error."""

    def succeed(self, token: str, output: Mapping[str, Any]) -> bool: ...

    def fail(self, token: str, error: str, cause: str) -> bool: ...

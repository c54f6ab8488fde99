"""State machine executions in memory; they run until a test ends them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from onmodel.ports.machines import Clock, EndedExecution


class InMemoryExecutions:
    def __init__(self, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self.unsuccessful_at: dict[str, datetime] = {}
        self._errors: dict[str, str] = {}
        self.payloads: dict[str, Any] = {}
        self._running: set[str] = set()

    def start(self, machine_arn: str, name: str, payload: Mapping[str, Any]) -> bool:
        arn = execution_arn(machine_arn, name)
        if arn in self.payloads:
            return False
        self.payloads[arn] = json.loads(json.dumps(payload))
        self._running.add(arn)
        return True

    def is_running(self, execution_arn: str) -> bool:
        return execution_arn in self._running

    def unsuccessful(self, machine_arn: str, since: datetime) -> Iterator[EndedExecution]:
        for arn, ended_at in self.unsuccessful_at.items():
            if arn.startswith(execution_arn(machine_arn, "")) and ended_at >= since:
                yield EndedExecution(
                    arn=arn,
                    ended_at=ended_at,
                    payload=self.payloads[arn],
                    error=self._errors.get(arn, ""),
                )

    def stop_all(self, machine_arn: str, reason: str) -> int:
        assert reason
        stopped = {arn for arn in self._running if arn.startswith(execution_arn(machine_arn, ""))}
        self._running -= stopped
        self.unsuccessful_at |= dict.fromkeys(stopped, self._clock())
        return len(stopped)

    def finish(self, execution_arn: str) -> None:
        """It succeeds. Not part of the port."""
        self._running.remove(execution_arn)

    def fail(self, execution_arn: str, error: str = "") -> None:
        """It ends without success; with an error unless it was stopped. Not part of the port."""
        self.finish(execution_arn)
        self._errors[execution_arn] = error
        self.unsuccessful_at[execution_arn] = self._clock()


def execution_arn(machine_arn: str, name: str) -> str:
    """The ARN in the form of Step Functions."""
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"

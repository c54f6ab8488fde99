"""State machine executions in memory; they run until a test ends them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class InMemoryExecutions:
    def __init__(self) -> None:
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

    def stop_all(self, machine_arn: str, reason: str) -> int:
        assert reason
        stopped = {arn for arn in self._running if arn.startswith(execution_arn(machine_arn, ""))}
        self._running -= stopped
        return len(stopped)

    def finish(self, execution_arn: str) -> None:
        """Not part of the port."""
        self._running.remove(execution_arn)


def execution_arn(machine_arn: str, name: str) -> str:
    """The ARN in the form of Step Functions."""
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"

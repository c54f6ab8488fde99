"""Executions and TaskTokens over Step Functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from onmodel.adapters.faults import code_of, translated
from onmodel.ports.machines import EndedExecution

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

LIVE = frozenset({"RUNNING", "PENDING_REDRIVE"})
UNSUCCESSFUL: Final = ("FAILED", "TIMED_OUT", "ABORTED")
UNKNOWN = frozenset({"ExecutionDoesNotExist", "InvalidArn", "StateMachineDoesNotExist"})

# A task that timed out, was redriven or answered before has a token that is refused.
NOBODY_WAITS = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})
ERROR_LIMIT = 256  # characters
CAUSE_LIMIT = 32_768


class StepFunctionsExecutions:
    """Standard state machines. A name can be used again 90 days after its execution ended."""

    def __init__(self, client: SFNClient) -> None:
        self._client = client

    def start(self, machine_arn: str, name: str, payload: Mapping[str, Any]) -> bool:
        """False when the name is used already.

        AWS accepts a second start with the same payload while the first runs:
        then this is True although nothing new was started.
        """
        with translated():
            try:
                self._client.start_execution(
                    stateMachineArn=machine_arn, name=name, input=json.dumps(payload)
                )
            except ClientError as fault:
                if code_of(fault) != "ExecutionAlreadyExists":
                    raise
                return False
        return True

    def is_running(self, execution_arn: str) -> bool:
        with translated():
            try:
                answer = self._client.describe_execution(executionArn=execution_arn)
            except ClientError as fault:
                if code_of(fault) not in UNKNOWN:
                    raise
                return False
        return answer["status"] in LIVE

    def unsuccessful(self, machine_arn: str, since: datetime) -> Iterator[EndedExecution]:
        pages = self._client.get_paginator("list_executions")
        with translated():
            try:
                ended = {
                    execution["executionArn"]: execution["stopDate"]
                    for status in UNSUCCESSFUL
                    for page in pages.paginate(stateMachineArn=machine_arn, statusFilter=status)
                    for execution in page["executions"]
                    if execution["stopDate"] >= since
                }
            except ClientError as fault:
                if code_of(fault) not in UNKNOWN:
                    raise
                return
        for arn, ended_at in ended.items():
            with translated():
                described = self._client.describe_execution(executionArn=arn)
            yield EndedExecution(
                arn=arn,
                ended_at=ended_at,
                payload=json.loads(described["input"]),
                error=described.get("error", ""),
                cause=described.get("cause", ""),
            )

    def stop_all(self, machine_arn: str, reason: str) -> int:
        """Stops running executions; children of a distributed map end with their execution."""
        pages = self._client.get_paginator("list_executions")
        stopped = 0
        with translated():
            try:
                running = [
                    execution["executionArn"]
                    for page in pages.paginate(stateMachineArn=machine_arn, statusFilter="RUNNING")
                    for execution in page["executions"]
                ]
                for arn in running:
                    self._client.stop_execution(executionArn=arn, cause=reason[:CAUSE_LIMIT])
                    stopped += 1
            except ClientError as fault:
                if code_of(fault) not in UNKNOWN:
                    raise
        return stopped


class StepFunctionsTaskTokens:
    """Answers to tasks that wait for a callback."""

    def __init__(self, client: SFNClient) -> None:
        self._client = client

    def succeed(self, token: str, output: Mapping[str, Any]) -> bool:
        return _answered(
            lambda: self._client.send_task_success(taskToken=token, output=json.dumps(output))
        )

    def fail(self, token: str, error: str, cause: str) -> bool:
        return _answered(
            lambda: self._client.send_task_failure(
                taskToken=token, error=error[:ERROR_LIMIT], cause=cause[:CAUSE_LIMIT]
            )
        )


def _answered(send: Callable[[], object]) -> bool:
    with translated():
        try:
            send()
        except ClientError as fault:
            if code_of(fault) not in NOBODY_WAITS:
                raise
            return False
    return True

"""Executions over Step Functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from onmodel.adapters.faults import code_of, translated

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

LIVE = frozenset({"RUNNING", "PENDING_REDRIVE"})
UNKNOWN = frozenset({"ExecutionDoesNotExist", "InvalidArn", "StateMachineDoesNotExist"})


class StepFunctionsExecutions:
    """Standard state machines. A name stays taken for 90 days after its execution ended."""

    def __init__(self, client: SFNClient) -> None:
        self._client = client

    def start(self, machine_arn: str, name: str, payload: Mapping[str, Any]) -> bool:
        """False when the name is taken.

        AWS answers a second start with the same payload, while the first runs, like the first:
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

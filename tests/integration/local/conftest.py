"""A tiny template on the shared stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from waiting import wait_until

from onmodel_local.deploy import deploy_template
from onmodel_local.stack import LocalStack

TINY = Path(__file__).parent / "tiny" / "template.yaml"


@pytest.fixture
def run(local_stack: LocalStack) -> Callable[..., dict[str, Any]]:
    """Runs a state machine to its end; returns the execution."""
    states = local_stack.client("stepfunctions")

    def run_machine(arn: str, **order: str) -> dict[str, Any]:
        started = states.start_execution(stateMachineArn=arn, **order)["executionArn"]

        def ended() -> dict[str, Any] | None:
            execution: dict[str, Any] = states.describe_execution(executionArn=started)
            return None if execution["status"] == "RUNNING" else execution

        found = wait_until(ended, lambda: "the machine did not end")
        assert found is not None
        return found

    return run_machine


@pytest.fixture(scope="session")
def tiny(local_stack: LocalStack) -> dict[str, str]:
    return deploy_template(local_stack, TINY, stack_name="tiny")


@pytest.fixture
def ask(local_stack: LocalStack, tiny: dict[str, str]) -> Callable[..., Any]:
    """Invokes the tiny function; returns (function error, answer)."""

    def invoke(**event: Any) -> tuple[str | None, Any]:
        answer = local_stack.client("lambda").invoke(
            FunctionName=tiny["FunctionName"], Payload=json.dumps(event)
        )
        return answer.get("FunctionError"), json.load(answer["Payload"])

    return invoke


@pytest.fixture
def clean_steering(local_stack: LocalStack) -> LocalStack:
    local_stack.control("clear-faults", {})
    local_stack.control("reset-calls", {})
    return local_stack

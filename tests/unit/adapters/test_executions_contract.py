"""What every Executions keeps: the fake and Step Functions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from fakes.executions import InMemoryExecutions, execution_arn

from onmodel.adapters.stepfunctions import StepFunctionsExecutions
from onmodel.errors import NotFound
from onmodel.ports.machines import Executions

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:PrepareFilm"
WAITING = json.dumps(
    {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
)


@pytest.fixture(params=["fake", "stepfunctions"])
def executions(request: pytest.FixtureRequest) -> Executions:
    if request.param == "fake":
        return InMemoryExecutions()
    client = request.getfixturevalue("aws")("stepfunctions")
    client.create_state_machine(
        name="PrepareFilm", definition=WAITING, roleArn="arn:aws:iam::123456789012:role/machine"
    )
    return StepFunctionsExecutions(client)


def test_start_when_name_is_new_then_true_and_running(executions: Executions) -> None:
    assert executions.start(MACHINE, "run-1", {"film": "a"}) is True
    assert executions.is_running(execution_arn(MACHINE, "run-1")) is True


def test_start_when_name_is_taken_then_false(executions: Executions) -> None:
    executions.start(MACHINE, "run-1", {"film": "a"})
    assert executions.start(MACHINE, "run-1", {"film": "b"}) is False
    assert executions.start(MACHINE, "run-2", {"film": "b"}) is True


@pytest.mark.parametrize("arn", [execution_arn(MACHINE, "nobody"), "no arn at all"])
def test_is_running_when_unknown_then_false(executions: Executions, arn: str) -> None:
    assert executions.is_running(arn) is False


def test_stop_all_when_some_run_then_all_of_that_machine_are_ended(executions: Executions) -> None:
    for name in ("run-1", "run-2"):
        executions.start(MACHINE, name, {})
    assert executions.stop_all(MACHINE, "the stack is deleted") == 2
    assert not executions.is_running(execution_arn(MACHINE, "run-1"))
    assert executions.stop_all(MACHINE, "the stack is deleted") == 0


def test_stop_all_when_the_machine_is_unknown_then_none(executions: Executions) -> None:
    executions.start(MACHINE, "run-1", {})
    assert executions.stop_all(f"{MACHINE}er", "the stack is deleted") == 0
    assert executions.is_running(execution_arn(MACHINE, "run-1"))


def test_is_running_when_stopped_then_false(aws) -> None:
    client = aws("stepfunctions")
    client.create_state_machine(
        name="PrepareFilm", definition=WAITING, roleArn="arn:aws:iam::123456789012:role/machine"
    )
    executions = StepFunctionsExecutions(client)
    executions.start(MACHINE, "run-1", {})
    client.stop_execution(executionArn=execution_arn(MACHINE, "run-1"))
    assert executions.is_running(execution_arn(MACHINE, "run-1")) is False


def test_start_when_machine_is_missing_then_not_found(aws) -> None:
    executions = StepFunctionsExecutions(aws("stepfunctions"))
    with pytest.raises(NotFound):
        executions.start(MACHINE, "run-1", {})


def test_unsuccessful_when_some_ended_without_success_then_those_since(
    executions: Executions,
) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    executions.start(MACHINE, "run-1", {"film": "a"})
    assert list(executions.unsuccessful(MACHINE, before)) == []
    executions.stop_all(MACHINE, "a person stopped it")
    (ended,) = executions.unsuccessful(MACHINE, before)
    assert (ended.arn, ended.payload) == (execution_arn(MACHINE, "run-1"), {"film": "a"})
    assert before < ended.ended_at <= datetime.now(UTC)
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert list(executions.unsuccessful(MACHINE, later)) == []


def test_unsuccessful_when_the_machine_is_unknown_then_none(executions: Executions) -> None:
    assert list(executions.unsuccessful(f"{MACHINE}er", datetime.now(UTC))) == []

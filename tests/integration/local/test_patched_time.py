"""What the patches promise of waiting, ending and deleting."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from integration.queues import Queue, make_queue

from onmodel_local.deploy import DeployFailedError, delete, deploy_template
from onmodel_local.stack import LocalStack

GUARDED = Path(__file__).parent / "guarded" / "template.yaml"
ROLE = "arn:aws:iam::000000000000:role/any"


@pytest.fixture(scope="module", autouse=True)
def role(local_stack: LocalStack) -> None:
    """Machines need a role that exists; what they may is not enforced here."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": ["states.amazonaws.com", "scheduler.amazonaws.com"]},
        "Action": "sts:AssumeRole",
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    local_stack.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument=trust)


@pytest.fixture
def queue(local_stack: LocalStack, request: pytest.FixtureRequest) -> Queue:
    return make_queue(local_stack.client("sqs"), request.node.name[:70])


def _machine(stack: LocalStack, name: str, definition: dict[str, Any]) -> str:
    made = stack.client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE
    )
    return str(made["stateMachineArn"])


def _send(queue: Queue, resource: str = "arn:aws:states:::sqs:sendMessage", **more: Any) -> Any:
    body = {"token.$": "$$.Task.Token"} if "waitForTaskToken" in resource else "told"
    parameters = {"QueueUrl": queue.url, "MessageBody": body}
    return {"Type": "Task", "Resource": resource, "Parameters": parameters} | more


def test_callback_when_heartbeat_stays_away_then_heartbeat_timeout(
    local_stack: LocalStack, run: Callable[..., Any], queue: Queue
) -> None:
    task = _send(
        queue, "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        HeartbeatSeconds=1, TimeoutSeconds=60, End=True,
        Catch=[{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Late"}],
    )  # fmt: skip
    late = {"Type": "Pass", "Result": "late", "End": True}
    definition = {"StartAt": "Ask", "States": {"Ask": task, "Late": late}}
    result = run(_machine(local_stack, "heartbeat", definition))
    assert (result["status"], result.get("output")) == ("SUCCEEDED", '"late"')


def test_machine_when_its_time_is_over_then_timed_out(
    local_stack: LocalStack, run: Callable[..., Any]
) -> None:
    wait = {"Type": "Wait", "Seconds": 30, "End": True}
    definition = {"StartAt": "Wait", "TimeoutSeconds": 1, "States": {"Wait": wait}}
    result = run(_machine(local_stack, "overdue", definition))
    assert result["status"] == "TIMED_OUT"


def test_child_when_it_fails_then_task_failed(
    local_stack: LocalStack, run: Callable[..., Any]
) -> None:
    fail = {"Type": "Fail", "Error": "Odd", "Cause": "on purpose"}
    child = _machine(local_stack, "child", {"StartAt": "Fail", "States": {"Fail": fail}})
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child},
        "Catch": [{"ErrorEquals": ["Odd"], "Next": "Wrong"},
                  {"ErrorEquals": ["States.TaskFailed"], "Next": "Right"}],
        "End": True,
    }  # fmt: skip
    states = {
        "Child": task,
        "Right": {"Type": "Succeed"},
        "Wrong": {"Type": "Fail", "Error": "Wrong"},
    }
    result = run(_machine(local_stack, "parent", {"StartAt": "Child", "States": states}))
    assert result["status"] == "SUCCEEDED"
    assert "on purpose" in json.loads(result["output"])["Cause"]


def test_map_when_too_many_fail_then_no_further_child_starts(
    local_stack: LocalStack, run: Callable[..., Any], queue: Queue
) -> None:
    states = {"Send": _send(queue, Next="Fail"), "Fail": {"Type": "Fail", "Error": "Odd"}}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Send", "States": states,
    }  # fmt: skip
    items = {"Type": "Pass", "Result": list(range(12)), "Next": "Map"}
    mapped = {
        "Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor,
        "ToleratedFailurePercentage": 20, "End": True,
    }  # fmt: skip
    definition = {"StartAt": "Items", "States": {"Items": items, "Map": mapped}}
    result = run(_machine(local_stack, "map", definition))
    assert result["error"] == "States.ExceedToleratedFailureThreshold"
    assert len(queue.read(wait_seconds=1)) == 3  # 3 of 12 are more than 20 %


def test_schedule_when_made_again_under_its_name_then_fires_again(
    local_stack: LocalStack, queue: Queue
) -> None:
    scheduler = local_stack.client("scheduler")
    for _ in range(2):
        soon = datetime.now(UTC) + timedelta(seconds=1)
        scheduler.create_schedule(
            Name="again", ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": queue.arn, "RoleArn": ROLE, "Input": "{}"},
        )  # fmt: skip
        assert queue.read_until() == ["{}"]
        scheduler.delete_schedule(Name="again")


def test_rate_rule_when_time_is_scaled_then_fires_in_seconds(
    local_stack: LocalStack, queue: Queue
) -> None:
    events = local_stack.client("events")
    local_stack.control("simulation-settings", {"rate_scale": 1 / 60})
    try:
        events.put_rule(Name="scaled", ScheduleExpression="rate(1 minute)")
        events.put_targets(Rule="scaled", Targets=[{"Id": "queue", "Arn": queue.arn}])
        assert queue.read_until()
    finally:
        events.remove_targets(Rule="scaled", Ids=["queue"])
        events.delete_rule(Name="scaled")
        local_stack.control("simulation-settings", {"rate_scale": 1.0})


def test_link_when_called_with_cookies_then_they_are_a_list(ask: Callable[..., Any]) -> None:
    event = {"version": "2.0", "requestContext": {}, "headers": {"cookie": "a=1; b=2"}}
    _, answer = ask(ask="echo", **event)
    assert answer["cookies"] == ["a=1", "b=2"]
    assert answer["headers"] == {}


def test_deletion_when_guard_refuses_then_what_it_needs_stays(local_stack: LocalStack) -> None:
    made = deploy_template(local_stack, GUARDED, stack_name="guarded")
    assert made["DoorUrl"].startswith(f"{local_stack.endpoint_url}/_aws/execute-api/")
    with pytest.raises(DeployFailedError, match="something still bills"):
        delete(local_stack, "guarded")
    assert made["Table"] in local_stack.client("dynamodb").list_tables()["TableNames"]
    delete(local_stack, "guarded")
    assert made["Table"] not in local_stack.client("dynamodb").list_tables()["TableNames"]

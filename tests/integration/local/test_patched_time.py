"""What the patches promise of waiting, ending and deleting."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

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
def queue(local_stack: LocalStack, request: pytest.FixtureRequest) -> tuple[str, str]:
    """A queue that everybody may send to: URL and ARN."""
    sqs = local_stack.client("sqs")
    url = sqs.create_queue(QueueName=request.node.name[:70])["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = asked["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


@pytest.fixture
def run(local_stack: LocalStack) -> Callable[..., dict[str, Any]]:
    """Makes a machine, runs it to its end, returns the execution."""
    states = local_stack.client("stepfunctions")

    def run_machine(name: str, definition: dict[str, Any]) -> dict[str, Any]:
        arn = _machine(local_stack, name, definition)
        started = states.start_execution(stateMachineArn=arn)
        for _ in range(200):
            result = states.describe_execution(executionArn=started["executionArn"])
            if result["status"] != "RUNNING":
                return result
            time.sleep(0.1)
        raise AssertionError("the machine did not end")

    return run_machine


def _machine(stack: LocalStack, name: str, definition: dict[str, Any]) -> str:
    made = stack.client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE
    )
    return str(made["stateMachineArn"])


def _messages(stack: LocalStack, url: str, wait: int = 1) -> list[str]:
    sqs, found = stack.client("sqs"), []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait
    ).get("Messages"):
        for message in messages:
            found.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def _send(url: str, resource: str = "arn:aws:states:::sqs:sendMessage", **more: Any) -> Any:
    body = {"token.$": "$$.Task.Token"} if "waitForTaskToken" in resource else "told"
    parameters = {"QueueUrl": url, "MessageBody": body}
    return {"Type": "Task", "Resource": resource, "Parameters": parameters} | more


def test_callback_when_heartbeat_stays_away_then_heartbeat_timeout(
    run: Callable[..., Any], queue: tuple[str, str]
) -> None:
    task = _send(
        queue[0], "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        HeartbeatSeconds=1, TimeoutSeconds=60, End=True,
        Catch=[{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Late"}],
    )  # fmt: skip
    late = {"Type": "Pass", "Result": "late", "End": True}
    result = run("heartbeat", {"StartAt": "Ask", "States": {"Ask": task, "Late": late}})
    assert (result["status"], result.get("output")) == ("SUCCEEDED", '"late"')


def test_machine_when_its_time_is_over_then_timed_out(run: Callable[..., Any]) -> None:
    wait = {"Type": "Wait", "Seconds": 30, "End": True}
    result = run("overdue", {"StartAt": "Wait", "TimeoutSeconds": 1, "States": {"Wait": wait}})
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
    result = run("parent", {"StartAt": "Child", "States": states})
    assert result["status"] == "SUCCEEDED"
    assert "on purpose" in json.loads(result["output"])["Cause"]


def test_map_when_too_many_fail_then_no_further_child_starts(
    local_stack: LocalStack, run: Callable[..., Any], queue: tuple[str, str]
) -> None:
    states = {"Send": _send(queue[0], Next="Fail"), "Fail": {"Type": "Fail", "Error": "Odd"}}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Send", "States": states,
    }  # fmt: skip
    items = {"Type": "Pass", "Result": list(range(12)), "Next": "Map"}
    mapped = {
        "Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor,
        "ToleratedFailurePercentage": 20, "End": True,
    }  # fmt: skip
    result = run("map", {"StartAt": "Items", "States": {"Items": items, "Map": mapped}})
    assert result["error"] == "States.ExceedToleratedFailureThreshold"
    assert len(_messages(local_stack, queue[0])) == 3  # 3 of 12 are more than 20 %


def test_schedule_when_made_again_under_its_name_then_fires_again(
    local_stack: LocalStack, queue: tuple[str, str]
) -> None:
    scheduler = local_stack.client("scheduler")
    for _ in range(2):
        soon = datetime.now(UTC) + timedelta(seconds=1)
        scheduler.create_schedule(
            Name="again", ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": queue[1], "RoleArn": ROLE, "Input": "{}"},
        )  # fmt: skip
        result = local_stack.client("sqs").receive_message(QueueUrl=queue[0], WaitTimeSeconds=8)
        assert [message["Body"] for message in result["Messages"]] == ["{}"]
        scheduler.delete_schedule(Name="again")


def test_rate_rule_when_time_is_scaled_then_fires_in_seconds(
    local_stack: LocalStack, queue: tuple[str, str]
) -> None:
    events = local_stack.client("events")
    local_stack.control("simulation-settings", {"rate_scale": 1 / 60})
    try:
        events.put_rule(Name="scaled", ScheduleExpression="rate(1 minute)")
        events.put_targets(Rule="scaled", Targets=[{"Id": "queue", "Arn": queue[1]}])
        assert (
            local_stack.client("sqs")
            .receive_message(QueueUrl=queue[0], WaitTimeSeconds=8)
            .get("Messages")
        )
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

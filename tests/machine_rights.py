"""What a machine's own role needs, read from the definition that Step Functions gets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deployed_template import PARTITION, Deployed, arn

from onmodel.contracts.keys import DatasetKeys, FilmKeys, StoryboardKeys

Right = tuple[str, str]

# What each Map reads: the key as the steps write it, of any production.
READ_BY_MAPS = {
    "$.probe.chunks_key": FilmKeys("*", "*", "*", "*").chunks,
    "$.dataset.to_caption_key": DatasetKeys("*", "*").to_caption,
    "$.checked.to_caption_again_key": DatasetKeys("*", "*").to_caption_again,
    "$.storyboard.panels_key": StoryboardKeys("*", "*", "*").plan,  # type: ignore[arg-type]
}
EVERY_MACHINE = {  # deliver its logs and its traces
    (action, "*")
    for action in (
        "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
        "xray:PutTraceSegments", "xray:PutTelemetryRecords",
        "xray:GetSamplingRules", "xray:GetSamplingTargets",
    )
}  # fmt: skip


def needed(deployed: Deployed, machine: str) -> set[Right]:
    """(action, resource) of everything that the machine does, and no more."""
    itself = deployed.arn(machine)
    found = set(EVERY_MACHINE)
    for state in states(deployed.definition(machine)):
        if state["Type"] == "Task":
            found |= set(_of_task(state))
        elif state["Type"] == "Map":
            found |= set(_of_map(state, itself))
    return found


def states(level: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Of a definition and of every Map within it."""
    for state in level["States"].values():
        yield state
        if state["Type"] == "Map":
            yield from states(state["ItemProcessor"])


def _of_task(state: dict[str, Any]) -> Iterator[Right]:
    called, given = state["Resource"], state.get("Parameters", {})
    integration = called.removeprefix(f"arn:{PARTITION}:states:::")
    if called.startswith(f"arn:{PARTITION}:lambda:"):
        yield "lambda:InvokeFunction", called
    elif integration == "lambda:invoke.waitForTaskToken":
        yield "lambda:InvokeFunction", given["FunctionName"]
    elif integration == "sqs:sendMessage.waitForTaskToken":
        yield "sqs:SendMessage", arn("sqs", given["QueueUrl"].rpartition("/")[2])
    elif integration == "events:putEvents":
        yield "events:PutEvents", arn("events", "event-bus/default")
    elif integration in ("states:startExecution", "states:startExecution.sync:2"):
        yield "states:StartExecution", given["StateMachineArn"]
        if integration.endswith(".sync:2"):
            yield from _of_waiting(given["StateMachineArn"])
    else:
        raise NotImplementedError(called)


def _of_waiting(machine: str) -> Iterator[Right]:
    """Step Functions looks at the execution, ends it, and hears of it by a rule of its own."""
    for action in ("states:DescribeExecution", "states:StopExecution"):
        yield action, f"{executions(machine)}:*"
    rule = arn("events", "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule")
    for action in ("events:PutTargets", "events:PutRule", "events:DescribeRule"):
        yield action, rule


def _of_map(state: dict[str, Any], itself: str) -> Iterator[Right]:
    """Children are executions of the machine itself; a redriven one's name has the map's label."""
    yield "states:StartExecution", itself
    for action in ("DescribeExecution", "StopExecution", "RedriveExecution"):
        for end in (":*", "/*"):
            yield f"states:{action}", f"{executions(itself)}{end}"
    reader = state["ItemReader"]
    assert reader["Resource"] == f"arn:{PARTITION}:states:::s3:getObject"
    bucket, key = reader["Parameters"]["Bucket"], READ_BY_MAPS[reader["Parameters"]["Key.$"]]
    yield "s3:GetObject", f"arn:{PARTITION}:s3:::{bucket}/{key}"


def executions(machine: str) -> str:
    return machine.replace(":stateMachine:", ":execution:")

"""An outage in which route_upload fails, and the queue that brings its uploads back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from e2e.deployed_stack import DeployedStack
from waiting import wait_until

from onmodel_local.deploy import STACK

FUNCTION = f"{STACK}-route_upload"
DELAYS = ("DelaySeconds", "VisibilityTimeout")
NUMBERS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@contextmanager
def upload_outage(studio: DeployedStack) -> Iterator[None]:
    """What is uploaded meanwhile fails three times, and waits in UploadRetries at the end."""
    functions, queues, url = studio.stack.client("lambda"), studio.stack.client("sqs"), _url(studio)
    whole = functions.get_function_configuration(FunctionName=FUNCTION)["Environment"]
    kept = {name: value for name, value in whole["Variables"].items() if name != "REGISTRY_TABLE"}
    broken = {"Variables": kept}  # a call that is denied would be found by other tests
    before = queues.get_queue_attributes(QueueUrl=url, AttributeNames=list(DELAYS))["Attributes"]
    queues.set_queue_attributes(QueueUrl=url, Attributes=dict.fromkeys(DELAYS, "2"))
    functions.update_function_configuration(FunctionName=FUNCTION, Environment=broken)
    try:
        yield
        wait_until(lambda: _waiting(studio) == 1, lambda: f"{_waiting(studio)} uploads wait")
    finally:
        functions.update_function_configuration(FunctionName=FUNCTION, Environment=whole)
    wait_until(lambda: _waiting(studio) == 0, lambda: f"{_waiting(studio)} uploads wait")
    queues.set_queue_attributes(QueueUrl=url, Attributes=before)


def _url(studio: DeployedStack) -> str:
    found = studio.stack.client("cloudformation").describe_stack_resource(
        StackName=STACK, LogicalResourceId="UploadRetries"
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def _waiting(studio: DeployedStack) -> int:
    found = studio.stack.client("sqs").get_queue_attributes(
        QueueUrl=_url(studio), AttributeNames=list(NUMBERS)
    )["Attributes"]
    return sum(int(found[name]) for name in NUMBERS)

"""Deploy the unmodified template.yaml on a local stack."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import ClientError

from onmodel_local.packaging import Package, package

ARTIFACTS = "onmodel-local-artifacts"
STACK = "onmodel"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_WAIT_SECONDS = 300.0  # 3 s on an idle machine; custom resources start functions cold
_POLL_SECONDS = 0.1


class DeployFailedError(RuntimeError):
    """Raised when a stack cannot be made, changed or deleted; lists the resources and reasons."""


class Target(Protocol):
    """A running stack: a LocalStack, or one that another process started."""

    @property
    def endpoint_url(self) -> str: ...
    def client(self, service: str) -> Any: ...  # noqa: ANN401 - boto3's clients


def deploy_template(
    stack: Target,
    template: Path,
    *,
    stack_name: str = STACK,
    parameters: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Create the stack, or update it when it is there; returns its outputs.

    A parameter `EndpointUrl` that the template declares is set to the local stack's.

    Raises:
        DeployFailedError: CloudFormation failed; the message has each resource's reason.
    """
    made = package(template, ARTIFACTS)
    made.objects[_template_key(stack_name)] = json.dumps(made.template).encode()
    _upload(stack, made)
    given = dict(parameters or {})
    if "EndpointUrl" in made.template.get("Parameters", {}):
        given.setdefault("EndpointUrl", stack.endpoint_url)
    cloudformation = stack.client("cloudformation")
    order = {
        "StackName": stack_name,
        "TemplateURL": f"{stack.endpoint_url}/{ARTIFACTS}/{_template_key(stack_name)}",
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in given.items()
        ],
        "Capabilities": _CAPABILITIES,
    }
    try:
        if _status(cloudformation, stack_name) is None:
            cloudformation.create_stack(**order)
        elif not _update(cloudformation, order):
            return outputs(stack, stack_name)
    except ClientError as fault:
        raise DeployFailedError(f"{stack_name}: {fault.response['Error']['Message']}") from fault
    _wait(cloudformation, stack_name, {"CREATE_COMPLETE", "UPDATE_COMPLETE"})
    return outputs(stack, stack_name)


def delete(stack: Target, stack_name: str = STACK) -> None:
    """Delete the stack and wait until it does not exist.

    Raises:
        DeployFailedError: a resource could not be deleted.
    """
    cloudformation = stack.client("cloudformation")
    cloudformation.delete_stack(StackName=stack_name)
    _wait(cloudformation, stack_name, {"DELETE_COMPLETE", None})


def outputs(stack: Target, stack_name: str = STACK) -> dict[str, str]:
    """Outputs of a deployed stack by name."""
    described = stack.client("cloudformation").describe_stacks(StackName=stack_name)
    return {
        output["OutputKey"]: output["OutputValue"]
        for output in described["Stacks"][0].get("Outputs", [])
    }


def _template_key(stack_name: str) -> str:
    return f"{stack_name}.template.json"


def _upload(stack: Target, made: Package) -> None:
    s3 = stack.client("s3")
    s3.create_bucket(Bucket=made.bucket)
    for key, body in made.objects.items():
        s3.put_object(Bucket=made.bucket, Key=key, Body=body)


def _update(cloudformation: Any, order: dict[str, Any]) -> bool:  # noqa: ANN401
    """False when there is nothing to update."""
    try:
        cloudformation.update_stack(**order)
    except ClientError as fault:
        if "No updates are to be performed" in fault.response["Error"]["Message"]:
            return False
        raise
    return True


def _status(cloudformation: Any, stack_name: str) -> str | None:  # noqa: ANN401
    try:
        described = cloudformation.describe_stacks(StackName=stack_name)
    except ClientError as fault:
        if "does not exist" in fault.response["Error"]["Message"]:
            return None
        raise
    status: str = described["Stacks"][0]["StackStatus"]
    return None if status == "DELETE_COMPLETE" else status


def _wait(cloudformation: Any, stack_name: str, good: set[str | None]) -> None:  # noqa: ANN401
    end = time.monotonic() + _WAIT_SECONDS
    status = _status(cloudformation, stack_name)
    while status is not None and status.endswith("_IN_PROGRESS") and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
        status = _status(cloudformation, stack_name)
    if status not in good:
        reasons = "\n".join(_reasons(cloudformation, stack_name))
        raise DeployFailedError(f"{stack_name} is {status}:\n{reasons}")


def _reasons(cloudformation: Any, stack_name: str) -> list[str]:  # noqa: ANN401
    try:
        events = cloudformation.describe_stack_events(StackName=stack_name)["StackEvents"]
    except ClientError as fault:
        return [str(fault)]
    return [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): "
        f"{event.get('ResourceStatusReason', event['ResourceStatus'])}"
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
    ]

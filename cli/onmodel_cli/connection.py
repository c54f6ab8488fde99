"""Where the stack is. The only difference between AWS and the local stack."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from onmodel.adapters.clients import make_client
from onmodel.adapters.dynamodb import DynamoRegistry
from onmodel.adapters.faults import code_of, translated
from onmodel.adapters.s3 import S3ObjectStore
from onmodel.adapters.stepfunctions import StepFunctionsExecutions
from onmodel.errors import RefusedError
from onmodel.wording import listed

DEFAULT_REGION = "us-east-1"  # where Bedrock customizes models


class StackUnknown(RefusedError):
    """Raised when there is no stack of this name, or none that is ours."""


@dataclass(frozen=True)
class Connection:
    """A deployed stack: its name, region and outputs."""

    stack: str
    region: str
    outputs: dict[str, str]
    local: bool = False

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
        return make_client(service, region=self.region)

    @cached_property
    def s3(self) -> Any:  # noqa: ANN401
        return self.client("s3")

    @cached_property
    def uploads(self) -> S3ObjectStore:
        return S3ObjectStore(self.s3, self.outputs["UploadsBucket"])

    @cached_property
    def studio(self) -> S3ObjectStore:
        return S3ObjectStore(self.s3, self.outputs["StudioBucket"])

    @cached_property
    def registry(self) -> DynamoRegistry:
        return DynamoRegistry(self.client("dynamodb"), self.outputs["RegistryTable"])

    @cached_property
    def executions(self) -> StepFunctionsExecutions:
        return StepFunctionsExecutions(self.client("stepfunctions"))


def connect(stack: str, region: str | None, *, local: bool = False) -> Connection:
    """Look a deployed stack up.

    Args:
        stack: CloudFormation's name of it.
        region: else AWS_REGION, AWS_DEFAULT_REGION, us-east-1.
        local: whether this process speaks to the local stack.

    Raises:
        StackUnknown: not there, not finished, or not made from this template.
        ServiceError: AWS cannot be asked, for example without credentials.
    """
    where = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    where = where or DEFAULT_REGION
    found = _describe(stack, where)
    outputs = {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])}
    missing = {"UploadsBucket", "StudioBucket", "RegistryTable"} - outputs.keys()
    if missing:
        raise StackUnknown(
            f"Stack {stack} in {where} is {found['StackStatus']} and has no "
            f"{listed(sorted(missing))}",
            "Deploy onmodel's template under this name first (README, “On AWS”)",
        )
    return Connection(stack=stack, region=where, outputs=outputs, local=local)


def use_endpoint(endpoint: str) -> None:
    """Let every client of this process speak to the local stack."""
    for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")]:
        del os.environ[name]
    os.environ.pop("AWS_PROFILE", None)
    os.environ.update(
        AWS_ENDPOINT_URL=endpoint,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",  # noqa: S106 - the emulator's root
        AWS_REGION=DEFAULT_REGION,
        AWS_DEFAULT_REGION=DEFAULT_REGION,
    )
    os.environ.pop("AWS_SESSION_TOKEN", None)


def _describe(stack: str, region: str) -> dict[str, Any]:
    try:
        with translated():
            try:
                answer = make_client("cloudformation", region=region).describe_stacks(
                    StackName=stack
                )
            except ClientError as fault:
                if code_of(fault) == "ValidationError":  # CloudFormation's word for "not there"
                    raise StackUnknown(
                        f"There is no stack {stack} in {region}",
                        "Deploy it first, or name yours with --stack and --region",
                    ) from fault
                raise
    except StackUnknown:
        raise
    found: dict[str, Any] = answer["Stacks"][0]
    return found

"""The connection to a stack: the only difference between AWS and the local stack."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from onmodel.adapters.clients import make_client
from onmodel.adapters.faults import code_of, translated
from onmodel.environment import Aws, Buckets, CacheTable, Environment, RegistryTable, Topic
from onmodel.errors import EnvironmentIncomplete, RefusedError
from onmodel.ports.machines import Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.wiring import Services

DEFAULT_REGION = "us-east-1"  # where Bedrock customizes models


class StackUnknown(RefusedError):
    """Raised when there is no stack of this name, or it was not made from our template."""


@dataclass(frozen=True)
class Connection:
    """A deployed stack: its name, region and environment."""

    stack: str
    region: str
    environment: Environment
    local: bool = False

    @cached_property
    def services(self) -> Services:
        """The services of the functions, with this user's rights."""
        return Services(self.environment)

    @property
    def s3(self) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
        return self.services.client("s3")

    @property
    def uploads(self) -> ObjectStore:
        return self.services.uploads

    @property
    def studio(self) -> ObjectStore:
        return self.services.studio

    @property
    def registry(self) -> Registry:
        return self.services.registry

    @property
    def executions(self) -> Executions:
        return self.services.executions


def connect(stack: str, region: str | None, *, local: bool = False) -> Connection:
    """Find a deployed stack.

    Args:
        stack: CloudFormation's name of it.
        region: else AWS_REGION, AWS_DEFAULT_REGION, us-east-1.
        local: whether this process uses the local stack.

    Raises:
        StackUnknown: not there, not finished, or not made from this template.
        ServiceError: AWS cannot be called, for example without credentials.
    """
    where = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    where = where or DEFAULT_REGION
    found = _describe(stack, where)
    environment = Environment(_variables(found) | {"STACK_NAME": stack, "AWS_REGION": where})
    try:
        environment.require(Aws, Buckets, RegistryTable, CacheTable, Topic)
    except EnvironmentIncomplete as fault:
        raise StackUnknown(
            f"Stack {stack} in {where} is {found['StackStatus']}: {fault.reason}",
            "Deploy onmodel's template under this name first (README, “On AWS”)",
        ) from fault
    return Connection(stack=stack, region=where, environment=environment, local=local)


def use_endpoint(endpoint: str) -> None:
    """Make every client of this process use the local stack."""
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


def _variables(stack: dict[str, Any]) -> dict[str, str]:
    """The functions' variables, from the stack's outputs and parameters: TopicArn → TOPIC_ARN."""
    result = {item["ParameterKey"]: item["ParameterValue"] for item in stack.get("Parameters", [])}
    result |= {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}
    return {_variable(name): value for name, value in result.items() if value != ""}


def _variable(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()

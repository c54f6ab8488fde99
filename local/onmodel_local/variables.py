"""The variables of deployed functions, as `sam local invoke --env-vars` reads them."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from onmodel_local.deploy import STACK, Target

DOCKER_HOST = "host.docker.internal"
"""The host name of the machine inside a Docker container."""


def write_variables(stack: Target, path: Path, *, stack_name: str = STACK) -> None:
    """Write {logical id: {variable: value}} of every function of a deployed stack.

    The template only has references to the resources; the deployed functions have their names.

    Args:
        stack: a running local stack; its address is replaced by one that works inside containers.
        path: the file.
        stack_name: name of the CloudFormation stack.
    """
    port = urlsplit(stack.endpoint_url).port
    functions = stack.client("lambda")
    resources = stack.client("cloudformation").describe_stack_resources(StackName=stack_name)
    found: dict[str, dict[str, str]] = {}
    for resource in resources["StackResources"]:
        if resource["ResourceType"] != "AWS::Lambda::Function":
            continue
        name = resource["PhysicalResourceId"]
        declared = functions.get_function_configuration(FunctionName=name)
        variables = declared.get("Environment", {}).get("Variables", {})
        address = f"http://{DOCKER_HOST}:{port}"
        found[resource["LogicalResourceId"]] = {**variables, "AWS_ENDPOINT_URL": address}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")

from typing import Any

import pytest
from template_model import Template, read_template

from onmodel.environment import (
    Aws,
    Buckets,
    CacheTable,
    DeploymentLimits,
    Environment,
    GenerationPace,
    Links,
    Machines,
    Models,
    RegistryTable,
    Schedules,
    SpendLimit,
    Topic,
    TrainerResources,
    VariableGroup,
)
from onmodel_cli.connection import _variables


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """What CloudFormation answers about a stack with the template's defaults."""
    template: Template = read_template()
    parameters = {
        name: str(about["Default"])
        for name, about in template.body["Parameters"].items()
        if "Default" in about
    }
    return {
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
        "Outputs": [
            {"OutputKey": name, "OutputValue": f"value-of-{name}"}
            for name in template.body["Outputs"]
        ],
    }


@pytest.mark.parametrize(
    "section",
    [
        Aws, Buckets, RegistryTable, CacheTable, Topic, Machines, Models, TrainerResources,
        Schedules, SpendLimit, DeploymentLimits, Links, GenerationPace,
    ],
)  # fmt: skip
def test_environment_when_read_from_a_described_stack_then_no_variable_is_missing(
    described: dict[str, Any], section: type[VariableGroup]
) -> None:
    variables = _variables(described) | {"STACK_NAME": "onmodel", "AWS_REGION": "us-east-1"}
    Environment(variables).require(section)

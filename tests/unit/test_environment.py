from __future__ import annotations

import pytest

from onmodel.environment import Aws, CacheTable, DeploymentLimits, Environment, Models
from onmodel.errors import EnvironmentIncomplete


def test_require_when_several_are_wrong_then_all_are_named_and_no_value_is_shown() -> None:
    variables = {
        "AWS_SESSION_TOKEN": "secret",
        "AWS_LAMBDA_FUNCTION_NAME": "onmodel-claim_run",
        "CACHE_TABLE": "",
        "CACHE_DAYS": "-7531",
        "EMBEDDING_MODEL_ID": "some.model",
    }
    with pytest.raises(EnvironmentIncomplete) as fault:
        Environment(variables).require(CacheTable, Models)
    assert fault.value.reason == (
        "onmodel-claim_run: CACHE_TABLE is not set, CACHE_DAYS: Input should be greater than or"
        " equal to 1, CAPTION_MODEL_ID is not set, CAPTION_FOUNDATION_MODEL_ID is not set,"
        " CUSTOM_LABELS_PROJECTS is not set, FLOW_DEFINITION is not set, TOPIC_ARN is not set"
    )
    assert "template.yaml" in fault.value.advice
    assert "secret" not in str(fault.value) and "7531" not in str(fault.value)


def test_read_when_numbers_are_text_then_numbers_with_their_limits() -> None:
    variables = {"DEPLOYMENT_HOURS": "2.5", "PROVISION_MINUTES": "90"}
    limits = Environment(variables).read(DeploymentLimits)
    assert (limits.deployment_hours, limits.provision_minutes) == (2.5, 90)
    with pytest.raises(EnvironmentIncomplete, match="DEPLOYMENT_HOURS: Input should be less"):
        Environment(variables | {"DEPLOYMENT_HOURS": "25"}).read(DeploymentLimits)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"AWS_ENDPOINT_URL": ""}, None),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, "http://127.0.0.1:4566"),
    ],
)
def test_endpoint_when_empty_or_absent_then_none(
    variables: dict[str, str], expected: str | None
) -> None:
    environment = Environment({"AWS_REGION": "us-east-1"} | variables)
    assert environment.read(Aws).aws_endpoint_url == expected

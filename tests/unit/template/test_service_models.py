"""Every property that becomes an argument of an API call, held against that API's own model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from deployed_template import Deployed

CALLS = {  # what CloudFormation calls for a resource; names differ in their first letter's case
    "AWS::ApiGatewayV2::Api": "apigatewayv2.CreateApi",
    "AWS::ApiGatewayV2::Integration": "apigatewayv2.CreateIntegration",
    "AWS::ApiGatewayV2::Route": "apigatewayv2.CreateRoute",
    "AWS::ApiGatewayV2::Stage": "apigatewayv2.CreateStage",
    "AWS::CloudWatch::Alarm": "cloudwatch.PutMetricAlarm",
    "AWS::CloudWatch::Dashboard": "cloudwatch.PutDashboard",
    "AWS::DynamoDB::Table": "dynamodb.CreateTable",
    "AWS::Events::Rule": "events.PutRule events.PutTargets",
    "AWS::IAM::ManagedPolicy": "iam.CreatePolicy",
    "AWS::IAM::Role": "iam.CreateRole",
    "AWS::Lambda::EventInvokeConfig": "lambda.PutFunctionEventInvokeConfig",
    "AWS::Lambda::EventSourceMapping": "lambda.CreateEventSourceMapping",
    "AWS::Lambda::Function": "lambda.CreateFunction lambda.PutFunctionRecursionConfig",
    "AWS::Lambda::LayerVersion": "lambda.PublishLayerVersion",
    "AWS::Lambda::Permission": "lambda.AddPermission",
    "AWS::Logs::LogGroup": "logs.CreateLogGroup logs.PutRetentionPolicy",
    "AWS::Logs::MetricFilter": "logs.PutMetricFilter",
    "AWS::SNS::Subscription": "sns.Subscribe",
    "AWS::Scheduler::ScheduleGroup": "scheduler.CreateScheduleGroup",
    "AWS::SecretsManager::Secret": "secretsmanager.CreateSecret",
    "AWS::StepFunctions::StateMachine": "stepfunctions.CreateStateMachine",
}
OF_JAVA = {r"\p{L}": "a-zA-Z", r"\p{N}": "0-9", r"\p{Z}": " "}  # in patterns; ours are ASCII
Models = dict[str, StructureShape]


@pytest.fixture(scope="module")
def models() -> Models:
    session = botocore.session.get_session()
    return {
        call: session.get_service_model(call.split(".")[0])
        .operation_model(call.split(".")[1])
        .input_shape
        for calls in CALLS.values()
        for call in calls.split()
    }


def faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Where a value is too long, too short, too large, of no known kind, or out of its pattern."""
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", float("inf"))
    if isinstance(shape, StructureShape):
        members = {name.lower(): member for name, member in shape.members.items()}
        for key, inner in value.items():
            if key.lower() in members:
                yield from faults(members[key.lower()], inner, f"{path}.{key}")
    elif isinstance(shape, MapShape):
        pairs = value if isinstance(value, dict) else {tag["Key"]: tag["Value"] for tag in value}
        for key, inner in pairs.items():
            yield from faults(shape.key, key, f"{path}.{key}")
            yield from faults(shape.value, inner, f"{path}.{key}")
    elif isinstance(shape, ListShape):
        if not least <= len(value) <= most:
            yield f"{path}: {len(value)} of them"
        for inner in value:
            yield from faults(shape.member, inner, path)
    elif shape.type_name == "string":
        text = value if isinstance(value, str) else json.dumps(value)
        if not least <= len(text) <= most:
            yield f"{path}: {len(text)} characters"
        if getattr(shape, "enum", None) and text not in shape.enum:
            yield f"{path}: {text} is none of {shape.enum}"
        pattern = shape.metadata.get("pattern", ".*")
        for of_java, of_python in OF_JAVA.items():
            pattern = pattern.replace(of_java, of_python)
        if not re.fullmatch(pattern, text, re.DOTALL):
            yield f"{path}: {text} does not fit {pattern}"
    elif shape.type_name in {"integer", "long", "double"} and not least <= float(value) <= most:
        yield f"{path}: {value}"


def found(deployed: Deployed, models: Models) -> list[str]:
    return [
        fault
        for name, resource in deployed.resources.items()
        for call in CALLS.get(resource["Type"], "").split()
        for fault in faults(models[call], resource["Properties"], f"{name}: {call}")
    ]


def test_properties_when_held_against_the_services_models_then_all_fit(models: Models) -> None:
    deployed = Deployed(NotificationEmail="you@studio.example")
    assert found(deployed, models) == []


@pytest.mark.parametrize(
    ("logical", "key", "value"),
    [
        ("NotifyFunction", "FunctionName", "x" * 141),
        ("NotifyFunction", "MemorySize", 64),
        ("CaptionCropFunction", "RecursiveLoop", "Allowed"),
        ("UploadRule", "Description", "x" * 513),
        ("RetireModelAlarm", "Statistic", "Total"),
        ("CaptionSource", "ScalingConfig", {"MaximumConcurrency": 1}),
        ("ScheduleGroup", "Name", "films/1"),
    ],
)
def test_property_when_it_does_not_fit_then_found(
    logical: str, key: str, value: object, models: Models
) -> None:
    deployed = Deployed()
    deployed.resources[logical]["Properties"][key] = value
    assert found(deployed, models)


def test_kinds_when_no_call_is_known_then_few_and_named(deployed: Deployed) -> None:
    """Theirs are attributes and documents, which other tests read."""
    kinds = {resource["Type"] for resource in deployed.resources.values()}
    assert kinds - CALLS.keys() == {
        "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Custom::DeletionGuard",
    }  # fmt: skip

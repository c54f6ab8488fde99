"""Roles in both directions: what machines, rules and schedules do, and nothing beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import cfnlint
import pytest
from deployed_template import ACCOUNT, Deployed, arn
from machine_rights import needed
from template_model import listed, read_template

MACHINES = sorted(read_template().of("AWS::Serverless::StateMachine"))
INLINE_CHARACTERS = 10_240  # of all policies within one role, white space not counted

# Of AWS's own reference: https://docs.aws.amazon.com/service-authorization/latest/reference
REFERENCE = Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json"
# cfn-lint's copy of it writes a bucket's and an object's name alike.
S3 = {"bucket": [r"arn:.*:s3:::[^/]+"], "object": [r"arn:.*:s3:::[^/]+/.+"]}
# It names one for reading an applied quota, but none for the default beside it; and data sets for
# metrics, which are written by namespace.
NARROWER = {"servicequotas:GetServiceQuota", "cloudwatch:PutMetricData"}
# Bedrock's guide asks for the job as well, where the reference has the models alone.
BY_THE_GUIDE = {"bedrock:CreateModelCustomizationJob": ":model-customization-job/"}


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return json.loads(REFERENCE.read_text())


@pytest.mark.parametrize("machine", MACHINES)
def test_machine_role_when_compared_with_what_its_states_call_then_is_the_same(
    machine: str, deployed: Deployed
) -> None:
    assert deployed.rights(f"{machine}Role") == needed(deployed, machine)


def test_rule_roles_when_compared_with_their_targets_then_start_just_these(
    deployed: Deployed,
) -> None:
    roles = {
        target["RoleArn"]: {("states:StartExecution", target["Arn"])}
        for rule in deployed.of("AWS::Events::Rule").values()
        for target in rule["Targets"]
        if "RoleArn" in target
    }
    assert set(roles) == {deployed.arn("TrainingEndedRole")}
    assert deployed.rights("TrainingEndedRole") == roles[deployed.arn("TrainingEndedRole")]


def test_scheduler_role_when_compared_with_what_is_scheduled_then_is_the_same(
    deployed: Deployed,
) -> None:
    """schedule_retirement schedules RetireModel, and start_detector stop_detector.

    Schedules get their dead letters.
    """
    given = deployed.of("AWS::Lambda::Function")["ScheduleRetirementFunction"]["Environment"]
    variables = given["Variables"]
    assert variables["SCHEDULER_ROLE_ARN"] == deployed.arn("SchedulerRole")
    assert deployed.rights("SchedulerRole") == {
        ("states:StartExecution", variables["RETIRE_MODEL_ARN"]),
        ("lambda:InvokeFunction", variables["STOP_DETECTOR_ARN"]),
        ("sqs:SendMessage", variables["SCHEDULE_DEAD_LETTER_ARN"]),
    }


def test_roles_when_trusted_then_by_the_service_that_acts_with_them(deployed: Deployed) -> None:
    ours = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    trusts: dict[str, tuple[str, dict[str, Any]]] = {
        **{f"{machine}Role": ("states", ours) for machine in MACHINES},
        "TrainingEndedRole": ("events", ours),
        "SchedulerRole": (
            "scheduler",
            {
                "StringEquals": {
                    "aws:SourceAccount": ACCOUNT,
                    "aws:SourceArn": deployed.arn("ScheduleGroup"),
                }
            },
        ),
        "TrainingRole": (
            "bedrock",
            {**ours, "ArnEquals": {"aws:SourceArn": arn("bedrock", "model-customization-job/*")}},
        ),
        "JobRole": ("sagemaker", ours),
        "PrepareRole": ("sagemaker", ours),
        **{f"{name}Role": ("lambda", {}) for name in deployed.of("AWS::Lambda::Function")},
    }
    roles = deployed.of("AWS::IAM::Role")
    assert roles.keys() == trusts.keys()
    for name, role in roles.items():
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        service, condition = trusts[name]
        assert listed(trust["Principal"]["Service"]) == [f"{service}.amazonaws.com"], name
        assert trust.get("Condition", {}) == condition, name
        assert listed(trust["Action"]) == ["sts:AssumeRole"], name


def without_effect(deployed: Deployed, reference: dict[str, Any]) -> list[str]:
    """Rights whose action does not exist, or knows no resource of this kind, or knows one."""
    found = []
    for role in deployed.of("AWS::IAM::Role"):
        for document in deployed.documents(role):
            for statement in document["Statement"]:
                found += [f"{role}: {text}" for text in _of_statement(statement, reference)]
    return sorted(set(found))


def _of_statement(statement: dict[str, Any], reference: dict[str, Any]) -> list[str]:
    actions, resources = listed(statement["Action"]), listed(statement["Resource"])
    useless, found = set(resources), []
    for action in actions:
        service, name = action.lower().split(":")
        known = reference[service]["Actions"].get(name)
        if known is None:
            found.append(f"{action} does not exist")
            continue
        formats = _formats(reference[service], known.get("Resources", []))
        fitting = {r for r in resources if any(re.fullmatch(f, r) for f in formats)}
        if resources == ["*"] and (not formats or action in NARROWER):
            fitting = {"*"}
        if not fitting:
            found.append(f"{action} on {resources}")
        useless -= fitting | {r for r in resources if BY_THE_GUIDE.get(action, "?") in r}
    return found + [f"{actions} on {resource}" for resource in sorted(useless)]


def _formats(service: dict[str, Any], kinds: list[str]) -> list[str]:
    known = {kind.lower(): value["ARNFormats"] for kind, value in service["Resources"].items()}
    texts = [text for kind in kinds for text in S3.get(kind) or known[kind.lower()]]
    return [re.sub(r"\$\{\w+\}", ".*", text) for text in texts]


def test_rights_when_held_against_aws_reference_then_each_has_an_effect(
    deployed: Deployed, reference: dict[str, Any]
) -> None:
    assert without_effect(deployed, reference) == []


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:ReadObject", "arn:aws:s3:::bucket/key"),
        ("s3:GetObject", "arn:aws:s3:::bucket"),  # the bucket has no such action
        ("s3:ListBucket", "arn:aws:s3:::bucket/key"),
        ("states:StartExecution", "arn:aws:states:us-east-1:123456789012:execution:machine:*"),
        ("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1:123456789012:custom-model/*"),
        ("states:StartExecution", "*"),  # knows its machines
        ("states:SendTaskSuccess", "arn:aws:states:us-east-1:123456789012:stateMachine:machine"),
        ("logs:CreateLogDelivery", "arn:aws:logs:us-east-1:123456789012:log-group:group"),
    ],
)
def test_right_when_it_has_no_effect_then_found(
    action: str, resource: str, reference: dict[str, Any]
) -> None:
    assert _of_statement({"Action": action, "Resource": resource}, reference)


def test_roles_when_names_are_long_then_their_policies_fit(deployed: Deployed) -> None:
    for name, role in deployed.of("AWS::IAM::Role").items():
        text = json.dumps([policy["PolicyDocument"] for policy in role.get("Policies", ())])
        assert len(re.sub(r"\s", "", text)) <= INLINE_CHARACTERS, name


def test_embeddings_and_pictures_when_asked_for_then_of_the_models_that_were_chosen(
    deployed: Deployed,
) -> None:
    embedding = (
        f"arn:aws:bedrock:us-east-1::foundation-model/{deployed.parameter('EmbeddingModelId')}"
    )
    called = {
        role: {
            resource
            for action, resource in deployed.rights(role)
            if action == "bedrock:InvokeModel"
        }
        for role in deployed.of("AWS::IAM::Role")
    }
    steps = ("SampleChunk", "NameCrops", "AssembleDataset", "ScorePanel")
    assert {role for role, models in called.items() if models} == {
        *(f"{step}FunctionRole" for step in steps),
        "CaptionCropFunctionRole",
        "DrawPanelFunctionRole",
        "WriteQuestionsFunctionRole",
    }
    captions = deployed.parameter("CaptionFoundationModelId")
    boxes = {
        arn("bedrock", f"inference-profile/{deployed.parameter('CaptionModelId')}"),
        f"arn:aws:bedrock:*::foundation-model/{captions}",
    }
    for step in ("SampleChunk", "ScorePanel"):  # they find figures
        assert called[f"{step}FunctionRole"] == {embedding} | boxes, step
    assert called["WriteQuestionsFunctionRole"] == boxes  # it asks the same model
    for step in steps[1:-1]:
        assert called[f"{step}FunctionRole"] == {embedding}, step
    assert called["DrawPanelFunctionRole"] == {arn("bedrock", "provisioned-model/*")}

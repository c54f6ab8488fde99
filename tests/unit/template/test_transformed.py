"""House rules over what CloudFormation gets: the template as SAM's translator expands it, offline.

Each rule is shown to find what it is for, in a template that was spoiled.
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from deployed_template import expand
from house_rules import (
    RULES,
    Rule,
    billed_while_idle,
    borrowed_rights,
    endless_queues,
    foreign_managed_policies,
    logs_elsewhere,
    logs_for_ever,
    lost_data,
    lost_events,
    plain_at_rest,
    plain_on_the_way,
    roles_passed_to_anybody,
    senseless_alarms,
    shared_roles,
    statements,
    unheard,
    untraced,
    wildcard_actions,
)
from template_model import ROOT, Template, listed, named

RESOURCES_OF_AWS = 500  # in one stack
SOURCE_BYTES_OF_AWS = 1_000_000  # of a template in S3


@pytest.fixture(scope="module")
def transformed() -> Template:
    return expand()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_template_when_held_against_a_rule_then_has_no_finding(
    rule: Rule, transformed: Template
) -> None:
    assert rule(transformed) == []


def first_statement(template: Template, name: str, action: str) -> dict[str, Any]:
    return template.allowed(name)[action][0]


def spoil(template: Template, path: str, value: object = None) -> None:
    """Set what lies at Resource/Property/…, or take it away when there is no value."""
    *way, last = path.split("/")
    place: Any = template.resources
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    if value is None:
        del place[last]
    else:
        place[last] = value


SPOILED: tuple[tuple[Rule, str, object], ...] = (
    (wildcard_actions, "TrainingRole/Properties/Policies/0/PolicyDocument/Statement/0/Action",
     "s3:*"),
    (foreign_managed_policies, "NotifyFunctionRole/Properties/ManagedPolicyArns",
     ["arn:aws:iam::aws:policy/AdministratorAccess"]),
    (shared_roles, "NotifyFunction/Properties/Role",
     {"Fn::GetAtt": ["ReconcileFunctionRole", "Arn"]}),
    (borrowed_rights, "SchedulerRole/Properties/AssumeRolePolicyDocument/Statement/0/Condition",
     {}),
    (plain_at_rest, "StudioBucket/Properties/BucketEncryption", None),
    (plain_at_rest, "CacheTable/Properties/SSESpecification", None),
    (plain_at_rest, "CaptionQueue/Properties/SqsManagedSseEnabled", False),
    (plain_on_the_way, "TopicPolicy/Properties/PolicyDocument/Statement/0/Effect", "Allow"),
    (plain_on_the_way, "CaptionQueuePolicy/Properties/Queues", []),
    (logs_for_ever, "DoorLogs/Properties/RetentionInDays", None),
    (logs_elsewhere, "NotifyFunction/Properties/LoggingConfig", None),
    (logs_elsewhere, "DoorStage/Properties/AccessLogSettings", None),
    (untraced, "NotifyFunction/Properties/TracingConfig", None),
    (untraced, "TrainModel/Properties/TracingConfiguration", {"Enabled": False}),
    (lost_events, "ReconcileRule/Properties/Targets/0/DeadLetterConfig", None),
    (lost_events, "RouteUploadFunctionEventInvokeConfig/Properties/DestinationConfig/OnFailure",
     {"Destination": "elsewhere"}),
    (endless_queues, "CaptionQueue/Properties/RedrivePolicy", None),
    (unheard, "RetireModelAlarm/Properties/AlarmActions", []),
    (unheard, "DrawStoryboardLateAlarm/Properties/MetricName", "ExecutionThrottled"),
    (unheard, "CaptionDeadLettersAlarm", {"Type": "Custom::Nothing"}),
    (unheard, "OverdueDeploymentAlarm/Properties/ActionsEnabled", False),
    (unheard, "ReconcileAlarm/Properties/MetricName", "Throttles"),
    (senseless_alarms, "PrepareFilmAlarm/Properties/Threshold", 5),
    (senseless_alarms, "ReconcileAlarm/Properties/TreatMissingData", "breaching"),
    (lost_data, "StudioBucket/DeletionPolicy", "Delete"),
    (lost_data, "RegistryTable/UpdateReplacePolicy", None),
    (lost_data, "CacheTable/Properties/PointInTimeRecoverySpecification", None),
    (billed_while_idle, "CacheTable/Properties/BillingMode", "PROVISIONED"),
    (billed_while_idle, "NotifyFunction/Properties/ReservedConcurrentExecutions", 1),
)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "path", "value"), SPOILED, ids=[f"{r.__name__}-{p}" for r, p, _ in SPOILED]
)
def test_rule_when_the_template_is_spoiled_then_finds_it(
    rule: Rule, path: str, value: object, transformed: Template
) -> None:
    spoiled = Template(copy.deepcopy(transformed.body))
    spoil(spoiled, path, value)
    assert rule(spoiled)


def test_passed_roles_when_the_condition_is_dropped_then_found(transformed: Template) -> None:
    spoiled = Template(copy.deepcopy(transformed.body))
    passing = first_statement(spoiled, "BedrockTrainerStart", "iam:PassRole")
    passing["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": "o"}}
    assert roles_passed_to_anybody(spoiled) == ["BedrockTrainerStart"]


def test_rules_when_listed_then_each_was_shown_to_find_something() -> None:
    assert {rule for rule, _, _ in SPOILED} | {roles_passed_to_anybody} == set(RULES)


def reasonless(text: str) -> list[str]:
    """Lines that allow anything without a word why, in the same line."""
    return [
        line.strip()
        for line in text.splitlines()
        if re.match(r"""\s*(- )?(Resource: )?["']\*["']""", line) and " # " not in line
    ]


def test_any_resource_when_allowed_then_the_reason_stands_beside_it() -> None:
    text = (ROOT / "template.yaml").read_text()
    assert reasonless(text) == []
    assert reasonless(text.replace('"*" # X-Ray takes no resources', '"*"', 1)) == ['Resource: "*"']


def test_any_resource_when_allowed_then_written_where_it_can_be_seen(transformed: Template) -> None:
    """SAM adds none of its own: as many as the source has."""
    text = (ROOT / "template.yaml").read_text()
    granted = [
        name
        for name, statement in statements(transformed)
        if "*" in listed(statement.get("Resource"))
    ]
    assert len(granted) == text.count('Resource: "*" #')


def test_template_when_expanded_then_within_cloudformations_limits(transformed: Template) -> None:
    assert len(transformed.resources) <= RESOURCES_OF_AWS
    assert len(json.dumps(transformed.body)) <= SOURCE_BYTES_OF_AWS
    assert len(transformed.body["Parameters"]) <= 200
    assert len(transformed.body["Outputs"]) <= 200


def test_dashboard_when_expanded_then_there_is_one(transformed: Template) -> None:
    (dashboard,) = transformed.of("AWS::CloudWatch::Dashboard").values()
    body = dashboard["DashboardBody"]["Fn::Sub"]
    assert len(json.loads(body)["widgets"]) == 7
    assert named(dashboard["DashboardBody"]) <= set(transformed.resources) | {
        "AWS::StackName", "AWS::Region",
    }  # fmt: skip

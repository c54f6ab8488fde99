"""Rules of this project for a template; each returns its findings, none when it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from template_model import Template, listed, named

MANAGED = {  # log lines into groups, trace segments; SAM adds them to every function's role
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess",
}
STATEFUL = {"AWS::S3::Bucket", "AWS::DynamoDB::Table"}

Rule = Callable[[Template], list[str]]


def statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, statement in template.policies():
        if statement["Effect"] == "Allow":
            yield name, statement


def wildcard_actions(template: Template) -> list[str]:
    return [
        f"{name}: {action}"
        for name, statement in statements(template)
        for action in listed(statement["Action"])
        if "*" in action
    ]


def foreign_managed_policies(template: Template) -> list[str]:
    """Policies that neither SAM adds to every function nor the template makes itself."""
    known = [*MANAGED, *({"Ref": name} for name in template.of("AWS::IAM::ManagedPolicy"))]
    return [
        f"{name}: {policy}"
        for name, role in template.of("AWS::IAM::Role").items()
        for policy in role.get("ManagedPolicyArns", [])
        if policy not in known
    ]


def shared_roles(template: Template) -> list[str]:
    """Each function has a role that no other function uses."""
    roles = [str(function["Role"]) for function in template.of("AWS::Lambda::Function").values()]
    return sorted({role for role in roles if roles.count(role) > 1})


def roles_passed_to_anybody(template: Template) -> list[str]:
    return [
        name
        for name, statement in statements(template)
        if "iam:PassRole" in listed(statement["Action"])
        and not (
            set(statement["Condition"]["StringEquals"]) == {"iam:PassedToService"}
            and all("Fn::GetAtt" in resource for resource in listed(statement["Resource"]))
        )
    ]


def borrowed_rights(template: Template) -> list[str]:
    """Services other than Lambda may assume a role only for resources of this account."""
    return [
        f"{name}: {statement['Principal']}"
        for name, statement in statements(template)
        if isinstance(statement.get("Principal"), dict)
        and listed(statement["Principal"]["Service"]) != ["lambda.amazonaws.com"]
        and not {"aws:SourceAccount", "aws:SourceArn"} & set(_keys(statement.get("Condition", {})))
    ]


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)


def plain_at_rest(template: Template) -> list[str]:
    wanted = {
        "AWS::S3::Bucket": "BucketEncryption",
        "AWS::DynamoDB::Table": "SSESpecification",
        "AWS::SQS::Queue": "SqsManagedSseEnabled",
    }
    return [
        name
        for kind, key in wanted.items()
        for name, properties in template.of(kind).items()
        if not properties.get(key)
    ]


def plain_on_the_way(template: Template) -> list[str]:
    """Each bucket, queue and topic refuses requests without TLS."""
    guarded = set()
    for resource in template.resources.values():
        properties = resource.get("Properties", {})
        for statement in properties.get("PolicyDocument", {}).get("Statement", []):
            if (
                statement["Effect"] == "Deny"
                and statement["Principal"] == "*"
                and statement.get("Condition") == {"Bool": {"aws:SecureTransport": False}}
            ):
                guarded |= named([properties.get(key) for key in ("Bucket", "Queues", "Topics")])
    kinds = ("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic")
    return [name for kind in kinds for name in template.of(kind) if name not in guarded]


def logs_for_ever(template: Template) -> list[str]:
    groups = template.of("AWS::Logs::LogGroup")
    return [name for name, group in groups.items() if "RetentionInDays" not in group]


def logs_elsewhere(template: Template) -> list[str]:
    """Functions, machines and the HTTP API write to a group of this template."""
    groups = set(template.of("AWS::Logs::LogGroup"))
    places = {
        "AWS::Lambda::Function": "LoggingConfig",
        "AWS::StepFunctions::StateMachine": "LoggingConfiguration",
        "AWS::ApiGatewayV2::Stage": "AccessLogSettings",
    }
    return [
        name
        for kind, key in places.items()
        for name, properties in template.of(kind).items()
        if not named(properties.get(key, {})) & groups
    ]


def untraced(template: Template) -> list[str]:
    functions = template.of("AWS::Lambda::Function").items()
    machines = template.of("AWS::StepFunctions::StateMachine").items()
    return [n for n, p in functions if p.get("TracingConfig") != {"Mode": "Active"}] + [
        n for n, p in machines if p.get("TracingConfiguration") != {"Enabled": True}
    ]


def lost_events(template: Template) -> list[str]:
    """A rule's target and a function called asynchronously keep failed events in a queue."""
    lost = [
        f"{name}: {target['Id']}"
        for name, rule in template.of("AWS::Events::Rule").items()
        for target in rule["Targets"]
        if "DeadLetterConfig" not in target
    ]
    kept = {
        function: config["DestinationConfig"]["OnFailure"]["Destination"]
        for config in template.of("AWS::Lambda::EventInvokeConfig").values()
        for function in named(config["FunctionName"])
    }
    for name, rule in template.of("AWS::Events::Rule").items():
        for called in {c for target in rule["Targets"] for c in named(target["Arn"])}:
            if called in template.of("AWS::Lambda::Function"):
                role = template.allowed(f"{called}Role").get("sqs:SendMessage", [])
                if not any(s["Resource"] == kept.get(called) for s in role):
                    lost.append(f"{name}: {called}")
    return lost


def endless_queues(template: Template) -> list[str]:
    """A queue that triggers a function moves a message that fails repeatedly to a second queue."""
    worked = {
        queue
        for source in template.of("AWS::Lambda::EventSourceMapping").values()
        for queue in named(source["EventSourceArn"])
    }
    queues = template.of("AWS::SQS::Queue")
    return [name for name in sorted(worked) if "RedrivePolicy" not in queues[name]]


def unheard(template: Template) -> list[str]:
    """What an alarm watches: machines, dead letters, reconcile, models beyond their end."""
    alarms = list(template.of("AWS::CloudWatch::Alarm").values())
    heard = {
        (alarm["MetricName"], name)
        for alarm in alarms
        if alarm["AlarmActions"] == [{"Ref": "Topic"}] and alarm.get("ActionsEnabled", True)
        for name in named(alarm.get("Dimensions", [])) or {""}
    }
    metrics = ("ExecutionsFailed", "ExecutionsTimedOut")
    machines = template.of("AWS::StepFunctions::StateMachine")
    queues = [name for name in template.of("AWS::SQS::Queue") if name.endswith("DeadLetters")]
    wanted = {(metric, machine) for metric in metrics for machine in machines}
    wanted |= {("ApproximateNumberOfMessagesVisible", queue) for queue in queues}
    wanted |= {("Errors", "ReconcileFunction"), ("OverdueDeployments", "")}
    return [f"{metric} {name}".strip() for metric, name in sorted(wanted - heard)]


def senseless_alarms(template: Template) -> list[str]:
    """An alarm fires at the first failure, and missing data is no failure."""
    return [
        name
        for name, alarm in template.of("AWS::CloudWatch::Alarm").items()
        if (alarm["ComparisonOperator"], alarm["Threshold"], alarm["EvaluationPeriods"])
        != ("GreaterThanThreshold", 0, 1)
        or alarm["TreatMissingData"] != "notBreaching"
    ]


def lost_data(template: Template) -> list[str]:
    """Resources with data are kept when the stack is deleted, and can be restored."""
    return [
        name
        for name, resource in template.resources.items()
        if resource["Type"] in STATEFUL
        and not (
            resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain"
            and (
                "VersioningConfiguration" in resource["Properties"]
                or "PointInTimeRecoverySpecification" in resource["Properties"]
            )
        )
    ]


def billed_while_idle(template: Template) -> list[str]:
    """Resource types that are billed by the hour without being used."""
    idle = re.compile(
        r"AWS::(EC2::(NatGateway|VPCEndpoint|EIP)|KMS::Key|RDS|OpenSearch|ElastiCache|ECS|WAFv2)"
    )
    found = [name for name, r in template.resources.items() if idle.match(r["Type"])]
    for name, table in template.of("AWS::DynamoDB::Table").items():
        if table.get("BillingMode") != "PAY_PER_REQUEST":
            found.append(name)
    for name, function in template.of("AWS::Lambda::Function").items():
        if {"ReservedConcurrentExecutions", "SnapStart"} & set(function):
            found.append(name)
    return found


RULES: tuple[Rule, ...] = (
    wildcard_actions,
    foreign_managed_policies,
    shared_roles,
    roles_passed_to_anybody,
    borrowed_rights,
    plain_at_rest,
    plain_on_the_way,
    logs_for_ever,
    logs_elsewhere,
    untraced,
    lost_events,
    endless_queues,
    unheard,
    senseless_alarms,
    lost_data,
    billed_while_idle,
)

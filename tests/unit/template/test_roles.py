"""Rights: as narrow as AWS allows, and none missing that an emulator would not ask for."""

from __future__ import annotations

from template_model import Machine, Template, listed, named

ANY_RESOURCE = {  # actions that know no resources, from the service authorization reference
    "rekognition:DetectLabels",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
}


def arns(statement: dict) -> list[str]:
    return [str(resource) for resource in listed(statement["Resource"])]


def test_allowed_actions_when_read_then_name_no_wildcard(template: Template) -> None:
    for name, statement in template.policies():
        if statement["Effect"] == "Allow":
            for action in listed(statement["Action"]):
                assert "*" not in action, f"{name}: {action}"


def test_allowed_resources_when_anything_then_the_action_knows_no_resources(
    template: Template,
) -> None:
    for name, statement in template.policies():
        if statement["Effect"] == "Allow" and "*" in listed(statement.get("Resource", [])):
            assert set(listed(statement["Action"])) <= ANY_RESOURCE, f"{name}: {statement}"


def test_services_when_they_may_act_for_us_then_only_for_this_account(template: Template) -> None:
    """Else somebody else's rule, machine or job of the same service could borrow our rights."""
    for name, statement in template.policies():
        principal = statement.get("Principal")
        if statement["Effect"] == "Allow" and isinstance(principal, dict):
            assert set(principal) == {"Service"}, name
            condition = str(statement.get("Condition"))
            assert "aws:SourceAccount" in condition or "aws:SourceArn" in condition, name


def test_passed_roles_when_passed_then_to_one_service(template: Template) -> None:
    for name, statement in template.policies():
        if "iam:PassRole" in listed(statement["Action"]):
            assert "iam:PassedToService" in str(statement["Condition"]), name
            assert "*" not in str(statement["Resource"]), name


def test_functions_when_made_then_have_a_role_of_their_own(template: Template) -> None:
    for name, function in template.functions.items():
        assert "Role" not in function, name
        assert all(isinstance(policy, dict) for policy in function["Policies"]), name


def test_machine_role_when_compared_with_its_states_then_calls_just_those_functions(
    template: Template, machines: dict[str, Machine]
) -> None:
    for name, machine in machines.items():
        called = {function for _, s in machine.states() if (function := machine.function_of(s))}
        invoke = template.allowed(f"{name}Role")["lambda:InvokeFunction"]
        assert {ref for statement in invoke for ref in named(statement["Resource"])} == called, name


def test_machine_role_when_it_has_a_distributed_map_then_may_run_it(
    template: Template, machines: dict[str, Machine]
) -> None:
    own = "${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
    for name, machine in machines.items():
        if not any(state["Type"] == "Map" for _, state in machine.states()):
            continue
        allowed = template.allowed(f"{name}Role")
        starts = [arn for s in allowed["states:StartExecution"] for arn in arns(s)]
        itself = str({"Fn::Sub": f"arn:{own}:stateMachine:${{AWS::StackName}}-{name}"})
        assert itself in starts, f"{name}: by name, since GetAtt on itself is a cycle"
        for action in ("DescribeExecution", "StopExecution", "RedriveExecution"):
            found = [arn for s in allowed[f"states:{action}"] for arn in arns(s)]
            for end in (":*", "/*"):
                followed = f"arn:{own}:execution:${{AWS::StackName}}-{name}{end}"
                assert str({"Fn::Sub": followed}) in found, f"{name}: {action}"
        readers = [s for s in allowed["s3:GetObject"] if "StudioBucket" in named(s["Resource"])]
        assert readers, f"{name}: the ItemReader needs its own right to read"


def test_machine_role_when_states_use_services_then_may(
    template: Template, machines: dict[str, Machine]
) -> None:
    needs = {
        "events:putEvents": "events:PutEvents",
        "sqs:sendMessage": "sqs:SendMessage",
        "sns:publish": "sns:Publish",
        "states:startExecution": "states:StartExecution",
    }
    for name, machine in machines.items():
        allowed = template.allowed(f"{name}Role")
        used = " ".join(state.get("Resource", "") for _, state in machine.states())
        for integration, action in needs.items():
            if integration in used:
                assert action in allowed, f"{name}: {action}"
            elif action not in {"states:StartExecution"}:
                assert action not in allowed, f"{name}: {action} is used by no state"
        if "startExecution.sync" in used:
            rules = [str(s["Resource"]) for s in allowed["events:PutRule"]]
            assert any("StepFunctionsGetEventsForStepFunctionsExecutionRule" in r for r in rules)
            assert {"events:PutTargets", "events:DescribeRule"} <= set(allowed)


def test_published_events_when_put_then_only_as_ourselves(template: Template) -> None:
    for name, statement in template.policies():
        if "events:PutEvents" in listed(statement["Action"]):
            assert statement["Condition"] == {"StringEquals": {"events:source": "onmodel"}}, name


def test_machines_when_they_log_and_trace_then_may(
    template: Template, machines: dict[str, Machine]
) -> None:
    for name, machine in machines.items():
        assert machine.properties["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}
        assert machine.properties["Tracing"] == {"Enabled": True}
        (destination,) = machine.properties["Logging"]["Destinations"]
        assert destination == {
            "CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": [f"{name}Logs", "Arn"]}}
        }
        group = template.of("AWS::Logs::LogGroup")[f"{name}Logs"]["LogGroupName"]["Fn::Sub"]
        assert group == f"/aws/vendedlogs/states/${{AWS::StackName}}-{name}"
        needed = {a for a in ANY_RESOURCE if a.startswith(("logs:", "xray:"))}
        assert needed <= set(template.allowed(f"{name}Role")), name


def test_readers_when_they_ask_for_what_may_be_missing_then_may_list(template: Template) -> None:
    """Without s3:ListBucket, S3 answers 403 for a missing key: NotFound would never be raised.

    The right has no s3:prefix condition: GetObject knows no prefix, so it would never hold.
    """
    for name in template.functions:
        allowed = template.allowed(name)
        read = {
            bucket
            for statement in allowed.get("s3:GetObject", [])
            for bucket in named(statement["Resource"]) & {"UploadsBucket", "StudioBucket"}
        }
        listable = {
            bucket
            for statement in allowed.get("s3:ListBucket", [])
            if "Condition" not in statement
            for bucket in named(statement["Resource"])
        }
        assert read <= listable, name


def test_films_when_read_by_version_then_the_right_covers_versions(template: Template) -> None:
    for name in template.functions:
        allowed = template.allowed(name)
        for statement in allowed.get("s3:GetObject", []):
            if "UploadsBucket" in named(statement["Resource"]):
                assert "s3:GetObjectVersion" in listed(statement["Action"]), name

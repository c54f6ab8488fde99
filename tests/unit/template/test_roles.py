"""Rights: as narrow as AWS allows, and none missing that an emulator would not ask for."""

from __future__ import annotations

import ast

import pytest
from reachable_code import reached_from
from template_model import (
    Machine,
    Template,
    handler_source,
    listed,
    named,
    read_template,
    snake,
)

# What a handler asks of wiring → the least that its role allows for it.
SERVICES = {
    "uploads": {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"},
    "studio": {"s3:ListBucket"},
    "registry": set(),  # what the code calls: tested by itself
    "cache": {"dynamodb:GetItem", "dynamodb:PutItem"},
    "labels_per_second": set(),
    "foundation_models": {"bedrock:GetFoundationModel"},
    "retry": set(),
    "finder": {  # of every finder: settings choose
        "rekognition:DetectLabels",
        "rekognition:DetectFaces",
        "rekognition:DetectCustomLabels",
        "bedrock:InvokeModel",
        "dynamodb:PutItem",
    },
    "namer": {  # likewise
        "bedrock:InvokeModel",
        "dynamodb:PutItem",
        "rekognition:DetectFaces",
        "rekognition:IndexFaces",
        "rekognition:SearchFacesByImage",
    },
    "detectors": {
        "rekognition:DescribeProjects",
        "rekognition:DescribeProjectVersions",
        "rekognition:StopProjectVersion",
    },
    "face_collections": {"rekognition:ListCollections", "rekognition:DeleteCollection"},
    "embedder": {"bedrock:InvokeModel", "dynamodb:PutItem"},
    "image_model": {"bedrock:InvokeModel"},
    "caption_model": {"bedrock:InvokeModel"},
    "question_model": {"bedrock:InvokeModel", "dynamodb:GetItem", "dynamodb:PutItem"},
    "caption_queue": {"sqs:SendMessage"},
    "human_loops": set(),  # each step its own calls
    "executions": {"states:DescribeExecution"},
    "tokens": {"states:SendTaskSuccess"},
    "mails": {"sns:Publish", "secretsmanager:GetSecretValue", "dynamodb:PutItem"},
    "scheduler": set(),  # each step its own calls
    "trainers": set(),  # each step its own calls
    "trainer_rules": set(),  # calls no service
    "dataset_limits": set(),
    "links": {"secretsmanager:GetSecretValue"},
    "prices": set(),
    "notices": set(),
    "stack_options": set(),
    "environment": set(),
}
# A method of Rows, called with the Registry as its first argument → the rights that it needs.
ROWS = {
    "read": {"dynamodb:GetItem"},
    "require": {"dynamodb:GetItem"},
    "list": {"dynamodb:Query"},
    "list_all": {"dynamodb:Query"},
    "create": {"dynamodb:PutItem"},
    "replace": {"dynamodb:PutItem"},
    "put": {"dynamodb:GetItem", "dynamodb:PutItem"},
    "change": {"dynamodb:GetItem", "dynamodb:PutItem"},
    "delete": {"dynamodb:DeleteItem"},
}
# The guard looks at no single execution: it ends all that run.
INSTEAD = {
    # No model is started for drawn pictures.
    ("ScorePanelFunction", "finder"): {
        "rekognition:DetectLabels",
        "rekognition:DetectFaces",
        "bedrock:InvokeModel",
        "dynamodb:PutItem",
    },
    ("GuardDeletionFunction", "executions"): {"states:ListExecutions", "states:StopExecution"},
    # It reads nothing, and writes one object.
    ("StopDetectorFunction", "studio"): {"s3:PutObject"},
}
# Actions that a role has for one service of wiring alone.
BELONGS = {
    "rekognition:": {"finder", "namer", "face_collections", "detectors"},
    "sns:": {"mails"},
    "scheduler:": {"scheduler"},
    "secretsmanager:": {"links", "mails"},
    "bedrock:InvokeModel": {"embedder", "namer", "image_model", "caption_model", "question_model"},
    "bedrock:Create": {"trainers"},
    "bedrock:Delete": {"trainers"},
    "states:SendTask": {"tokens"},
    "states:StartExecution": {"executions"},
    "states:ListExecutions": {"executions"},
    "states:StopExecution": {"executions"},
    "iam:PassRole": {"trainers", "scheduler"},
    "sagemaker:StartHumanLoop": {"human_loops"},
    "sagemaker:DescribeHumanLoop": {"human_loops"},
    "sagemaker:StopHumanLoop": {"human_loops"},
}


def asked_of_wiring(step: str) -> set[str]:
    """Names of the services that functions/<step>/app.py uses."""
    return {
        node.attr
        for node in ast.walk(handler_source(step))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "wired"
    }


@pytest.mark.parametrize("name", sorted(read_template().functions))
def test_function_when_it_asks_for_a_service_then_its_role_allows_it(
    name: str, template: Template
) -> None:
    asked, allowed = asked_of_wiring(snake(name.removesuffix("Function"))), template.allowed(name)
    for service in asked:
        needed = INSTEAD.get((name, service), SERVICES[service])
        assert needed <= set(allowed), f"{name}: {service}"
    for action in allowed:
        for prefix, users in BELONGS.items():
            if action.startswith(prefix):
                assert users & asked, f"{name} may {action}, and asks for nothing that needs it"


@pytest.mark.parametrize("name", sorted(read_template().functions))
def test_function_when_its_code_reads_and_writes_rows_then_it_may_no_more(
    name: str, template: Template
) -> None:
    rights = {
        action
        for statement in template.statements(name)
        if "RegistryTable" in named(statement.get("Resource", []))
        for action in listed(statement["Action"])
    }
    called: set[str] = set()
    for definition in reached_from(snake(name.removesuffix("Function"))):
        for node in ast.walk(definition):
            assert not (isinstance(node, ast.Attribute) and is_registry(node.value)), (
                f"{name}: rows are read and written through Rows, not by {ast.unparse(node)}"
            )
            if isinstance(node, ast.Call) and node.args and is_registry(node.args[0]):
                called |= ROWS.get(getattr(node.func, "attr", ""), set())
    assert rights == called


def is_registry(node: ast.AST) -> bool:
    named_so = {ast.Name: "id", ast.Attribute: "attr"}.get(type(node), "")
    return getattr(node, named_so, "") == "registry"


def arns(statement: dict) -> list[str]:
    return [str(resource) for resource in listed(statement["Resource"])]


def test_allowed_actions_when_read_then_name_no_wildcard(template: Template) -> None:
    for name, statement in template.policies():
        if statement["Effect"] == "Allow":
            for action in listed(statement["Action"]):
                assert "*" not in action, f"{name}: {action}"


def test_passed_roles_when_passed_then_to_one_service(template: Template) -> None:
    for name, statement in template.policies():
        if "iam:PassRole" in listed(statement["Action"]):
            assert "iam:PassedToService" in str(statement["Condition"]), name
            assert "*" not in str(statement["Resource"]), name


def test_functions_when_made_then_have_a_role_of_their_own(template: Template) -> None:
    for name, function in template.functions.items():
        assert "Role" not in function, name
        documents = [policy for policy in function["Policies"] if "Statement" in policy]
        attached = [{"Ref": policy} for policy in template.attached(function)]
        assert len(documents) <= 1, name
        assert [*attached, *documents] == function["Policies"], name


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


def test_bedrock_when_it_trains_then_reads_datasets_and_writes_output_only(
    template: Template,
) -> None:
    allowed = template.allowed("TrainingRole")
    assert set(allowed) - {"sts:AssumeRole"} == {"s3:ListBucket", "s3:GetObject", "s3:PutObject"}
    (put,) = allowed["s3:PutObject"]  # also .write_access_check_file.tmp, beside the output
    assert arns(put) == [str({"Fn::Sub": "${StudioBucket.Arn}/*/trainings/*"})]
    (trust,) = allowed["sts:AssumeRole"]
    assert trust["Principal"] == {"Service": "bedrock.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    source = trust["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    assert source.endswith(":model-customization-job/*")


def test_trainers_rights_when_read_then_stand_in_its_own_policies_and_each_is_used(
    template: Template,
) -> None:
    """A second trainer has a section of its own: no function names the first one's actions."""
    for name, statement in template.policies():
        called = {action for action in listed(statement["Action"]) if "bedrock:" in action}
        if called - {
            "bedrock:InvokeModel",
            "bedrock:GetFoundationModel",
        } or "provisioned-model" in str(statement):
            assert name.startswith("BedrockTrainer"), name
        if any(is_of_jobs(action) for action in listed(statement["Action"])):
            assert name.startswith("SageMakerTrainer"), name
    used = {
        policy for function in template.functions.values() for policy in template.attached(function)
    }
    assert used == set(template.of("AWS::IAM::ManagedPolicy"))


def test_jobs_when_started_then_the_role_is_passed_and_tags_are_allowed(
    template: Template,
) -> None:
    allowed = template.allowed("StartTrainingFunction")
    assert {"bedrock:CreateModelCustomizationJob", "bedrock:TagResource"} <= set(allowed)
    assert {"sagemaker:CreateTrainingJob", "sagemaker:AddTags"} <= set(allowed)
    passed = {
        statement["Condition"]["StringEquals"]["iam:PassedToService"]: statement["Resource"]
        for statement in allowed["iam:PassRole"]
    }
    assert passed == {
        "bedrock.amazonaws.com": {"Fn::GetAtt": ["TrainingRole", "Arn"]},
        "sagemaker.amazonaws.com": {"Fn::GetAtt": ["JobRole", "Arn"]},
    }


def test_jobs_when_they_run_then_write_beside_their_own_files_only(template: Template) -> None:
    allowed = template.allowed("JobRole")
    (put,) = allowed["s3:PutObject"]
    assert arns(put) == [
        str({"Fn::Sub": "${StudioBucket.Arn}/trainers/sagemaker/checkpoints/*"}),
        str({"Fn::Sub": "${StudioBucket.Arn}/*/trainings/*/job/*"}),
        str({"Fn::Sub": "${StudioBucket.Arn}/*/storyboards/*/job/*"}),
    ]
    assert not [action for action in allowed if action.startswith("s3:Delete")]


def test_preparation_when_it_runs_then_reads_and_writes_its_own_prefix_only(
    template: Template,
) -> None:
    allowed = template.allowed("PrepareRole")
    for action in ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"):
        (statement,) = allowed[action]
        assert all("${StudioBucket.Arn}/trainers/sagemaker/" in arn for arn in arns(statement))
    assert not any(
        "checkpoints" in arn or arn.endswith("code/*'}") for arn in arns(allowed["s3:PutObject"][0])
    )
    assert {action.partition(":")[0] for action in allowed} == {"s3", "logs", "ecr", "sts"}


def is_of_jobs(action: str) -> bool:
    """SageMaker has the actions of human loops too, which belong to no trainer."""
    return action.startswith("sagemaker:") and not action.endswith("HumanLoop")


def test_human_loops_when_started_then_by_the_stacks_flow_definition_and_under_our_names(
    template: Template,
) -> None:
    rights = {
        action: arns(statement)
        for _, statement in template.policies()
        for action in listed(statement["Action"])
        if action.endswith("HumanLoop")
    }
    assert all(
        "flow-definition/${FlowDefinition}'" in arn
        for arn in rights.pop("sagemaker:StartHumanLoop")
    )
    assert set(rights) == {"sagemaker:DescribeHumanLoop", "sagemaker:StopHumanLoop"}
    assert all("human-loop/onmodel-*" in arn for own in rights.values() for arn in own)


def test_sagemaker_when_called_then_for_jobs_of_this_stack_only(template: Template) -> None:
    for name, statement in template.policies():
        for action in listed(statement["Action"]):
            if is_of_jobs(action) and action != "sagemaker:ListTrainingJobs":
                assert all("training-job/${AWS::StackName}-*" in arn for arn in arns(statement)), (
                    name
                )


def test_schedules_when_made_then_in_our_group_and_the_role_is_passed(template: Template) -> None:
    for name in template.functions:
        allowed = template.allowed(name)
        for action, statements in allowed.items():
            if action.startswith("scheduler:"):
                for statement in statements:
                    assert "schedule/${ScheduleGroup}/*" in str(statement["Resource"]), name
        if "scheduler:CreateSchedule" in allowed:
            (passing,) = allowed["iam:PassRole"]
            assert passing["Resource"] == {"Fn::GetAtt": ["SchedulerRole", "Arn"]}
            assert "scheduler.amazonaws.com" in str(passing["Condition"])


def test_captions_when_called_through_a_profile_then_both_are_allowed(template: Template) -> None:
    """A profile needs rights on itself and on its model in each of its regions."""
    (statement,) = template.allowed("CaptionCropFunction")["bedrock:InvokeModel"]
    profile, model = arns(statement)
    assert "inference-profile/${CaptionModelId}" in profile
    assert "bedrock:*::foundation-model/${CaptionFoundationModelId}" in model


def test_tokens_when_answered_then_of_every_machine_and_maps_child(template: Template) -> None:
    """AWS's reference names no resource; a child's machine has another ARN than the map's."""
    answering = set()
    for name in template.functions:
        allowed = template.allowed(name)
        for action in ("states:SendTaskSuccess", "states:SendTaskFailure"):
            for statement in allowed.get(action, []):
                assert arns(statement) == ["*"], f"{name}: {action}"
                answering.add(name)
    assert answering == {
        "CaptionCropFunction",
        "FollowLinkFunction",
        "ReadHumanLoopFunction",
        "ReconcileFunction",
        "RequestApprovalFunction",
        "ReviewCropsFunction",
    }


def test_alarms_when_they_publish_then_the_topic_lets_them(template: Template) -> None:
    policy = template.resources["TopicPolicy"]["Properties"]["PolicyDocument"]
    assert any(
        statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        and statement["Action"] == "sns:Publish"
        for statement in policy["Statement"]
    )

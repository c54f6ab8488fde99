"""What stands where a name is meant: the right queue, machine, bucket or number, in plain text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from deployed_template import REGION, STACK, Deployed
from template_model import ROOT

from onmodel.contracts.trainings import TrainingSpec
from onmodel.contracts.weights import weights_prefix, wheels_prefix
from onmodel.steps.caption_crop import LAST_RECEIVE
from onmodel.trainers.sagemaker.training import checkpoints_prefix

DAY = 86_400
NAMES_OF_OURS = {  # everything else is named by CloudFormation, so that a replacement is possible
    "AWS::Lambda::Function": "FunctionName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::ApiGatewayV2::Api": "Name",
    "AWS::CloudWatch::Dashboard": "DashboardName",
}
# Variables and outputs that are not named after the resource or the parameter they hold.
OTHERWISE = {
    "LinkSecretArn": "DoorKey",
    "ScheduleDeadLetterArn": "EventDeadLetters",
    "StopDetectorArn": "StopDetectorFunction",
    "AwsEndpointUrl": "EndpointUrl",
}
LIBRARIES = ("AWS_DATA_PATH", "POWERTOOLS_", "OPENBLAS_")  # they read variables of their own


CHECKPOINTS = "trainers/sagemaker/checkpoints/"


def meant_by(deployed: Deployed, name: str) -> str:
    """What a name in PascalCase promises: an ARN, a name or URL, or a parameter's value."""
    if name == "LinksUrl":
        return deployed.attribute("Door", "ApiEndpoint")
    logical = OTHERWISE.get(name, name.removesuffix("Arn").removesuffix("Url"))
    logical = logical if logical in deployed.resources else OTHERWISE.get(name, name)
    if logical not in deployed.resources:
        return deployed.parameter(logical)
    if name.endswith(("Arn", "Function")):
        return deployed.arn(logical)
    return deployed.ref(logical)


def pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


@pytest.mark.linter
def test_template_when_every_name_is_filled_in_then_cfn_lint_finds_nothing(
    deployed: Deployed, tmp_path: Path
) -> None:
    """Lengths, patterns and the environment's 4 kB; and the machines against ASL's schema."""
    resources = dict(deployed.resources)
    for name, machine in deployed.of("AWS::StepFunctions::StateMachine").items():
        given = {k: v for k, v in machine.items() if not k.startswith("Definition")}
        given["Definition"] = deployed.definition(name)
        resources[name] = {**resources[name], "Properties": given}
    body = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
    (tmp_path / "deployed.json").write_text(json.dumps(body))
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    lint = subprocess.run(
        [cfn_lint, tmp_path / "deployed.json"], capture_output=True, text=True, check=False
    )
    assert (lint.returncode, lint.stdout) == (0, "")


def test_definitions_when_read_in_any_character_set_then_are_the_same() -> None:
    """CloudFormation's handler reads them in its machine's default one."""
    for path in ROOT.glob("statemachine/*.asl.yaml"):
        assert path.read_bytes().isascii(), path.name


def test_substitutions_when_filled_in_then_are_what_they_are_named_after(
    deployed: Deployed,
) -> None:
    for machine, properties in deployed.of("AWS::StepFunctions::StateMachine").items():
        assert properties.get("StateMachineType", "STANDARD") == "STANDARD", machine
        for name, value in properties["DefinitionSubstitutions"].items():
            if name != "ApprovalSeconds":
                assert value == meant_by(deployed, name), f"{machine}: {name}"


@pytest.mark.parametrize("days", [1, 3, 7, 14])
def test_approvals_when_they_may_take_days_then_machines_wait_as_long(days: int) -> None:
    deployed = Deployed(ApprovalDays=str(days))
    for machine in ("TrainModel", "DrawStoryboard"):
        definition = deployed.definition(machine)
        assert definition["States"]["RequestApproval"]["TimeoutSeconds"] == days * DAY
        assert definition["TimeoutSeconds"] > days * DAY, "the machine itself waits longer"
    (variable,) = {
        function["Environment"]["Variables"]["APPROVAL_DAYS"]
        for function in deployed.of("AWS::Lambda::Function").values()
    }
    assert variable == str(days)


def test_variables_when_filled_in_then_are_what_they_are_named_after(deployed: Deployed) -> None:
    for function, properties in deployed.of("AWS::Lambda::Function").items():
        variables = properties["Environment"]["Variables"]
        ours = {name for name in variables if not name.startswith(LIBRARIES)}
        for name in ours - {"STACK_NAME"}:
            assert variables[name] == meant_by(deployed, pascal(name)), f"{function}: {name}"
        assert variables["STACK_NAME"] == STACK


def test_outputs_when_filled_in_then_are_what_they_are_named_after(deployed: Deployed) -> None:
    for name, output in deployed.body["Outputs"].items():
        assert output["Value"] == meant_by(deployed, name), name


def test_polling_when_on_aws_then_as_asked_for_and_on_a_local_stack_each_second() -> None:
    for endpoint, seconds in (("", 60), ("http://127.0.0.1:1", 1)):
        deployed = Deployed(EndpointUrl=endpoint)
        for machine, state in (("DeployModel", "WaitForService"), ("RetireModel", "WaitUntilGone")):
            assert deployed.definition(machine)["States"][state]["Seconds"] == seconds, endpoint


def test_subscription_when_there_is_an_address_then_mails_go_there(deployed: Deployed) -> None:
    assert deployed.of("AWS::SNS::Subscription") == {}
    asked = Deployed(NotificationEmail="you@studio.example")
    assert asked.of("AWS::SNS::Subscription") == {
        "EmailSubscription": {
            "TopicArn": asked.ref("Topic"),
            "Protocol": "email",  # plain text: email-json is for programs
            "Endpoint": "you@studio.example",
        }
    }


def test_names_when_given_then_hold_the_stacks_and_the_rest_has_none(deployed: Deployed) -> None:
    """Two stacks share an account; and a name of ours would ask for CAPABILITY_NAMED_IAM."""
    for kind, key in NAMES_OF_OURS.items():
        for name, properties in deployed.of(kind).items():
            assert STACK in properties[key], name
    named = ("RoleName", "BucketName", "TableName", "QueueName", "TopicName", "AlarmName")
    for name, resource in deployed.resources.items():
        assert not set(named) & resource["Properties"].keys(), name


def test_alarms_when_they_watch_then_exactly_what_must_be_heard(deployed: Deployed) -> None:
    """A metric under another name, dimension or statistic has no data, and never alarms."""
    heard = [
        (
            alarm["Namespace"],
            alarm["MetricName"],
            alarm["Statistic"],
            *((d["Name"], d["Value"]) for d in alarm.get("Dimensions", [])),
        )
        for alarm in deployed.of("AWS::CloudWatch::Alarm").values()
    ]
    wanted: list[tuple[Any, ...]] = [
        ("AWS/States", metric, "Sum", ("StateMachineArn", deployed.arn(machine)))
        for machine in deployed.of("AWS::StepFunctions::StateMachine")
        for metric in ("ExecutionsFailed", "ExecutionsTimedOut")
    ]
    wanted += [
        (
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            "Maximum",
            ("QueueName", deployed.attribute(queue, "QueueName")),
        )
        for queue in deployed.of("AWS::SQS::Queue")
        if queue.endswith("DeadLetters")
    ]
    retries = ("QueueName", deployed.attribute("UploadRetries", "QueueName"))
    wanted.append(("AWS/SQS", "NumberOfMessagesSent", "Sum", retries))
    topic = deployed.attribute("Topic", "TopicName")
    wanted.append(("AWS/SNS", "NumberOfNotificationsFailed", "Sum", ("TopicName", topic)))
    wanted.append(("AWS/Lambda", "Errors", "Sum", ("FunctionName", f"{STACK}-reconcile")))
    (overdue,) = deployed.of("AWS::Logs::MetricFilter").values()
    (metric,) = overdue["MetricTransformations"]
    wanted.append((f"onmodel/{STACK}", "OverdueDeployments", "Sum"))
    assert (metric["MetricNamespace"], metric["MetricName"]) == wanted[-1][:2]
    assert overdue["LogGroupName"] == f"/aws/lambda/{STACK}-verify_retired"
    assert sorted(heard) == sorted(wanted)
    for name, alarm in deployed.of("AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == [deployed.ref("Topic")], name
        assert alarm["Period"] <= 3600, name


def test_rules_when_enabled_then_all_of_them(deployed: Deployed) -> None:
    for name, rule in deployed.of("AWS::Events::Rule").items():
        assert rule.get("State", "ENABLED") == "ENABLED", name
        for target in rule["Targets"]:
            assert target["Arn"] in {
                deployed.arn(logical)
                for kind in ("AWS::Lambda::Function", "AWS::StepFunctions::StateMachine")
                for logical in deployed.of(kind)
            }, name


def test_events_when_handed_over_then_tried_three_times(deployed: Deployed) -> None:
    configured = deployed.of("AWS::Lambda::EventInvokeConfig")
    assert len(configured) == 4
    for name, config in configured.items():
        assert config["MaximumRetryAttempts"] == 2, name


def test_queue_when_a_function_works_it_then_hides_waits_and_gives_up_as_the_code_says(
    deployed: Deployed,
) -> None:
    source = deployed.of("AWS::Lambda::EventSourceMapping")["CaptionSource"]
    assert source["EventSourceArn"] == deployed.arn("CaptionQueue")
    assert source["FunctionName"] == deployed.ref("CaptionCropFunction")
    timeout = deployed.of("AWS::Lambda::Function")["CaptionCropFunction"]["Timeout"]
    queue = deployed.of("AWS::SQS::Queue")["CaptionQueue"]
    window = source.get("MaximumBatchingWindowInSeconds", 0)
    assert queue["VisibilityTimeout"] >= 6 * timeout + window
    assert window == 0, "a child of the map waits for each message"
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": deployed.arn("CaptionDeadLetters"),
        "maxReceiveCount": LAST_RECEIVE,
    }


def test_functions_when_they_write_to_the_queue_that_calls_them_then_may_go_on_doing_so(
    deployed: Deployed,
) -> None:
    """Lambda ends a loop of itself and a queue after about 16 rounds, unless told otherwise."""
    looping = {
        source["FunctionName"]
        for source in deployed.of("AWS::Lambda::EventSourceMapping").values()
        for name, function in deployed.of("AWS::Lambda::Function").items()
        if function["FunctionName"] == source["FunctionName"]
        and ("sqs:SendMessage", source["EventSourceArn"]) in deployed.rights(f"{name}Role")
    }
    allowed = {
        function["FunctionName"]
        for function in deployed.of("AWS::Lambda::Function").values()
        if function.get("RecursiveLoop") == "Allow"
    }
    assert looping == allowed == {f"{STACK}-caption_crop", f"{STACK}-route_upload"}


@pytest.mark.parametrize(
    ("path", "logical_id", "function", "methods"),
    [
        ("/{proxy+}", "DoorIntegration", "FollowLinkFunction", {"GET", "POST"}),
        ("/review/{proxy+}", "ReviewIntegration", "ReviewCropsFunction", {"GET", "POST"}),
        ("/home/{proxy+}", "HomeIntegration", "ShowHomeFunction", {"GET"}),
    ],
)
def test_http_api_when_called_then_each_path_leads_to_its_function(
    deployed: Deployed, path: str, logical_id: str, function: str, methods: set[str]
) -> None:
    api = deployed.ref("Door")
    integration = deployed.of("AWS::ApiGatewayV2::Integration")[logical_id]
    assert integration["IntegrationUri"] == deployed.arn(function)
    assert integration["IntegrationType"] == "AWS_PROXY"
    (permission,) = [
        permission
        for permission in deployed.of("AWS::Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
        if permission["FunctionName"] == deployed.ref(function)
    ]
    assert permission["SourceArn"] == f"arn:aws:execute-api:{REGION}:123456789012:{api}/*"
    (stage,) = deployed.of("AWS::ApiGatewayV2::Stage").values()
    assert stage["StageName"] == "$default", "the links have no stage in their path"
    assert stage["AutoDeploy"] is True
    routes = deployed.of("AWS::ApiGatewayV2::Route").values()
    own = [route for route in routes if route["RouteKey"].endswith(f" {path}")]
    assert {route["RouteKey"].split()[0] for route in own} == methods
    for route in own:
        assert route["ApiId"] == integration["ApiId"] == stage["ApiId"] == api
        assert route["Target"] == f"integrations/{deployed.ref(logical_id)}"
    assert set(stage["RouteSettings"]) <= {route["RouteKey"] for route in routes}
    secret = deployed.of("AWS::SecretsManager::Secret")["DoorKey"]["GenerateSecretString"]
    assert secret["PasswordLength"] >= 43, "256 bits of letters and digits"


def test_objects_when_current_then_no_rule_deletes_or_moves_them(deployed: Deployed) -> None:
    for bucket, properties in deployed.of("AWS::S3::Bucket").items():
        for rule in properties["LifecycleConfiguration"]["Rules"]:
            if rule.get("Prefix") == CHECKPOINTS:
                continue
            assert rule.keys() <= {
                "Id", "Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration",
                "ExpiredObjectDeleteMarker",
            }, bucket  # fmt: skip


def test_checkpoints_when_two_weeks_old_then_deleted_and_nothing_else_lies_there(
    deployed: Deployed,
) -> None:
    studio = deployed.of("AWS::S3::Bucket")["StudioBucket"]
    (rule,) = [r for r in studio["LifecycleConfiguration"]["Rules"] if "Prefix" in r]
    assert (rule["Prefix"], rule["ExpirationInDays"], rule["Status"]) == (
        CHECKPOINTS,
        14,
        "Enabled",
    )
    spec = TrainingSpec(
        production="main", dataset_id="d", training_id="d", manifest_uri="s3://b/m",
        output_uri="s3://b/o/", hyperparameters={},
    )  # fmt: skip
    assert checkpoints_prefix(spec, "0" * 64).startswith(CHECKPOINTS)
    assert not weights_prefix().startswith(CHECKPOINTS)
    assert not wheels_prefix("0" * 64).startswith(CHECKPOINTS)


def test_index_when_swept_then_has_whole_rows(deployed: Deployed) -> None:
    (index,) = deployed.of("AWS::DynamoDB::Table")["RegistryTable"]["GlobalSecondaryIndexes"]
    assert index["Projection"] == {"ProjectionType": "ALL"}


def test_layers_when_made_then_for_the_functions_python_and_not_for_ever(
    deployed: Deployed,
) -> None:
    runtimes = {f["Runtime"] for f in deployed.of("AWS::Lambda::Function").values()}
    for kind, layer in deployed.resources.items():
        if layer["Type"] == "AWS::Lambda::LayerVersion":
            assert set(layer["Properties"]["CompatibleRuntimes"]) == runtimes, kind
            assert layer["DeletionPolicy"] == "Delete", kind


def test_idle_costs_when_written_down_then_all_are_counted(deployed: Deployed) -> None:
    """Seventeen alarms, ten of them free, and a secret; other kinds that cost idle are refused."""
    text = (ROOT / "docs" / "costs.md").read_text()
    assert "one secret (0.40 USD a month) and seventeen alarms" in text
    assert len(deployed.of("AWS::CloudWatch::Alarm")) == 17
    assert len(deployed.of("AWS::SecretsManager::Secret")) == 1
    assert len(deployed.of("AWS::CloudWatch::Dashboard")) <= 3, "three are free"

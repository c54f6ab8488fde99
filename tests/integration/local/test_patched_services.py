"""What the patches promise, seen through boto3 on a deployed template."""

from __future__ import annotations

import base64
import io
import json
import struct
from collections.abc import Callable
from typing import Any

import awscrt.checksums
import pytest
from boto3.s3.transfer import TransferConfig
from integration.queues import make_queue, send_to
from waiting import wait_until

from onmodel_local.stack import LocalStack


def test_function_error_when_handler_raises_then_class_name_and_worker_kept(
    ask: Callable[..., Any],
) -> None:
    _, before = ask()
    kind, fault = ask(**{"raise": "FilmRefused"})
    _, after = ask()
    assert kind == "Unhandled"
    assert fault["errorType"] == "FilmRefused"
    assert after["pid"] == before["pid"]
    assert after["seen"] == before["seen"] + 2


def test_function_when_its_process_is_killed_then_exit_error_and_a_new_process(
    ask: Callable[..., Any],
) -> None:
    _, before = ask()
    kind, fault = ask(ask="die")
    _, after = ask()
    assert kind == "Unhandled"
    assert fault["errorType"] == "Runtime.ExitError"
    assert "Runtime exited with error" in fault["errorMessage"]
    assert after["pid"] != before["pid"]


def _asked(stack: LocalStack, function: str) -> list[str]:
    """What the probe was asked, of its log, the first first."""
    found = stack.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{function}", filterPattern='"asked for"'
    )
    return [event["message"].split("asked for ")[1].strip() for event in found["events"]]


def test_rule_when_its_function_fails_then_it_is_called_twice_more_and_its_queue_is_told(
    local_stack: LocalStack, tiny: dict[str, str]
) -> None:
    queue = make_queue(local_stack.client("sqs"), "failures")
    local_stack.client("lambda").put_function_event_invoke_config(
        FunctionName=tiny["FunctionName"],
        DestinationConfig={"OnFailure": {"Destination": queue.arn}},
    )
    detail = json.dumps({"ask": "three-times", "raise": "FilmRefused"})
    entry = {"Source": "tiny", "DetailType": "asked", "Detail": detail}
    local_stack.client("events").put_events(Entries=[entry])
    (failure,) = queue.read_until()  # after the last call
    assert "three-times" in failure
    assert _asked(local_stack, tiny["FunctionName"]).count("three-times") == 3


def test_waiting_task_when_its_function_fails_then_fails(
    tiny: dict[str, str], run: Callable[..., Any]
) -> None:
    result = run(tiny["WaitingMachineArn"], input=json.dumps({"raise": "FilmRefused"}))
    assert (result["status"], result["error"]) == ("FAILED", "FilmRefused")


def test_token_when_its_execution_was_stopped_then_refused(
    local_stack: LocalStack, tiny: dict[str, str]
) -> None:
    states = local_stack.client("stepfunctions")
    before = set(_asked(local_stack, tiny["FunctionName"]))
    order = {"stateMachineArn": tiny["WaitingMachineArn"], "input": json.dumps({"raise": ""})}
    arn = states.start_execution(**order)["executionArn"]
    (token,) = wait_until(lambda: set(_asked(local_stack, tiny["FunctionName"])) - before)
    states.send_task_heartbeat(taskToken=token)
    states.stop_execution(executionArn=arn)
    with pytest.raises(states.exceptions.TaskTimedOut):
        states.send_task_success(taskToken=token, output="{}")


def test_plain_logging_when_handler_logs_then_line_is_in_the_log(
    local_stack: LocalStack, tiny: dict[str, str], ask: Callable[..., Any]
) -> None:
    ask(ask="a-line-to-find")
    group = f"/aws/lambda/{tiny['FunctionName']}"
    found = local_stack.client("logs").filter_log_events(
        logGroupName=group, filterPattern='"a-line-to-find"'
    )
    assert any("[WARNING]" in event["message"] for event in found["events"])


def test_machine_when_error_is_caught_by_class_name_then_goes_on(
    tiny: dict[str, str], run: Callable[..., Any]
) -> None:
    result = run(tiny["MachineArn"], input=json.dumps({"raise": "FilmRefused"}))
    assert result["status"] == "SUCCEEDED"
    assert json.loads(result["output"]) == "refused"


def test_map_children_when_run_then_each_has_its_own_execution(
    tiny: dict[str, str], run: Callable[..., Any]
) -> None:
    result = run(tiny["MachineArn"], input="{}")
    ids = [child["id"] for child in json.loads(result["output"])]
    assert len(set(ids)) == 3
    assert result["executionArn"] not in ids


def test_start_when_same_name_and_input_run_then_same_execution(
    local_stack: LocalStack, tiny: dict[str, str]
) -> None:
    states = local_stack.client("stepfunctions")
    order = {"stateMachineArn": tiny["MachineArn"], "name": "twice", "input": "{}"}
    first, second = states.start_execution(**order), states.start_execution(**order)
    assert first["executionArn"] == second["executionArn"]
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        states.start_execution(**order | {"input": '{"other": 1}'})


def test_table_when_template_has_time_to_live_then_it_is_on(
    local_stack: LocalStack, tiny: dict[str, str]
) -> None:
    result = local_stack.client("dynamodb").describe_time_to_live(TableName=tiny["Table"])
    assert result["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "expires_at",
    }


def test_secret_when_referred_to_then_it_is_its_arn(tiny: dict[str, str]) -> None:
    assert tiny["KeyArn"].startswith("arn:aws:secretsmanager:us-east-1:")


def test_upload_when_multipart_then_checksum_covers_the_whole_object(
    local_stack: LocalStack, tmp_path: Any
) -> None:
    s3 = local_stack.client("s3")
    s3.create_bucket(Bucket="multipart")
    body = bytes(range(256)) * 50_000  # 12.8 MB: three parts of 5 MB
    (tmp_path / "film").write_bytes(body)
    s3.upload_file(
        str(tmp_path / "film"), "multipart", "film",
        ExtraArgs={"ChecksumAlgorithm": "CRC64NVME"},
        Config=TransferConfig(multipart_threshold=1 << 20, multipart_chunksize=5 << 20),
    )  # fmt: skip
    result = s3.head_object(Bucket="multipart", Key="film", ChecksumMode="ENABLED")
    expected = base64.b64encode(struct.pack(">Q", awscrt.checksums.crc64nvme(body))).decode()
    assert result["ChecksumCRC64NVME"] == expected
    assert result["ChecksumType"] == "FULL_OBJECT"


def test_range_when_version_is_named_then_only_the_range_comes(local_stack: LocalStack) -> None:
    s3 = local_stack.client("s3")
    s3.create_bucket(Bucket="ranged")
    s3.put_bucket_versioning(Bucket="ranged", VersioningConfiguration={"Status": "Enabled"})
    whole = io.BytesIO(b"0123456789" * 1000)
    s3.upload_fileobj(whole, "ranged", "film", ExtraArgs={"ChecksumAlgorithm": "CRC64NVME"})
    version = s3.head_object(Bucket="ranged", Key="film")["VersionId"]
    s3.put_object(Bucket="ranged", Key="film", Body=b"newer")
    part = s3.get_object(Bucket="ranged", Key="film", VersionId=version, Range="bytes=3-6")
    assert part["Body"].read() == b"3456"


def test_object_created_event_when_bucket_is_versioned_then_names_the_version(
    local_stack: LocalStack,
) -> None:
    s3 = local_stack.client("s3")
    s3.create_bucket(Bucket="versioned-events")
    s3.put_bucket_versioning(
        Bucket="versioned-events", VersioningConfiguration={"Status": "Enabled"}
    )
    s3.put_bucket_notification_configuration(
        Bucket="versioned-events", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    queue = make_queue(local_stack.client("sqs"), "versioned-events")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["versioned-events"]}}}
    send_to(queue, local_stack.client("events"), "versioned-events", pattern)
    version = s3.put_object(Bucket="versioned-events", Key="film", Body=b"1")["VersionId"]
    (event,) = queue.read_until()
    assert json.loads(event)["detail"]["object"]["version-id"] == version


@pytest.mark.parametrize(
    ("event", "denied"),
    [
        ({"ask": "detect_faces"}, "rekognition:DetectFaces"),
        (
            {
                "ask": "invoke_model",
                "request": {"modelId": "amazon.nova-canvas-v1:0", "body": {}},
            },
            "bedrock:InvokeModel",
        ),
        (
            {
                "ask": "converse",
                "request": {
                    "modelId": "amazon.nova-pro-v1:0",
                    "messages": [{"role": "user", "content": [{"text": "hi"}]}],
                },
            },
            "bedrock:InvokeModel",
        ),
    ],
)
def test_role_when_action_is_not_allowed_then_refused(
    ask: Callable[..., Any], event: dict[str, Any], denied: str
) -> None:
    _, fault = ask(**event)
    assert "AccessDenied" in fault["errorMessage"]
    assert denied in fault["errorMessage"]


def test_role_when_model_is_allowed_then_answered(ask: Callable[..., Any]) -> None:
    request = {"modelId": "amazon.titan-embed-image-v1", "body": {"inputText": "a rabbit"}}
    kind, answer = ask(ask="invoke_model", request=request)
    assert kind is None, answer


def test_bucket_when_policy_wants_tls_then_local_requests_count_as_encrypted(
    local_stack: LocalStack,
) -> None:
    s3 = local_stack.client("s3")
    s3.create_bucket(Bucket="tls-only")
    statement = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::tls-only", "arn:aws:s3:::tls-only/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket="tls-only", Policy=policy)
    s3.put_object(Bucket="tls-only", Key="a", Body=b"1")
    assert s3.get_object(Bucket="tls-only", Key="a")["Body"].read() == b"1"


def test_events_when_source_is_another_service_then_refused(local_stack: LocalStack) -> None:
    events = local_stack.client("events")
    entry = {"Source": "aws.ec2", "DetailType": "x", "Detail": "{}"}
    answer = events.put_events(Entries=[entry, entry])
    assert answer["FailedEntryCount"] == 2
    entry = entry | {"Source": "aws.bedrock"}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0

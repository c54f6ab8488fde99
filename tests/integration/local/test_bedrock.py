"""From a manifest in S3 to pictures of a trained model, and back to nothing that bills."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import cv2
import numpy as np
import pytest
from botocore.exceptions import ClientError
from integration.queues import Queue, make_queue, send_to
from waiting import wait_until

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.stack import LocalStack

BUCKET = "training-data"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "bedrock.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket", "s3:PutObject"],
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        }
    ],
}


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    settings = SimulationSettings(
        training_seconds=0.6, throughput_seconds=0.3, stopping_seconds=0.1
    )
    with LocalStack(settings=settings) as made:
        yield made


@pytest.fixture(scope="module")
def role(stack: LocalStack) -> str:
    iam = stack.client("iam")
    made = iam.create_role(RoleName="training", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="training", PolicyName="s3", PolicyDocument=json.dumps(RIGHTS))
    return made["Role"]["Arn"]


def _picture(side: int = 512) -> bytes:
    picture = np.full((side, side, 3), (40, 120, 60), np.uint8)
    cv2.circle(picture, (side // 2, side // 2), side // 4, (160, 170, 220), -1)
    return cv2.imencode(".png", picture)[1].tobytes()


@pytest.fixture(scope="module")
def manifest(stack: LocalStack, role: str) -> str:
    s3 = stack.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    lines = []
    for number in range(6):
        s3.put_object(Bucket=BUCKET, Key=f"crops/{number}.png", Body=_picture())
        caption = f"{'Buck' if number % 2 else 'Frank'} stands in the meadow, take {number}."
        lines.append({"image-ref": f"s3://{BUCKET}/crops/{number}.png", "caption": caption})
    return _put_manifest(stack, "good.jsonl", lines)


def _put_manifest(stack: LocalStack, key: str, lines: list[dict[str, str]]) -> str:
    body = "".join(json.dumps(line) + "\n" for line in lines)
    stack.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body.encode())
    return f"s3://{BUCKET}/{key}"


@pytest.fixture
def queue(stack: LocalStack) -> Queue:
    """Collects job events."""
    made = make_queue(stack.client("sqs"), "job-events")
    pattern = {
        "source": ["aws.bedrock"],
        "detail-type": ["Model Customization Job State Change"],
    }
    send_to(made, stack.client("events"), "job-events", pattern)
    return made


def _events_until(queue: Queue, job: str, last: str) -> list[dict[str, Any]]:
    """The job's events, when one with this status has come."""
    found: list[dict[str, Any]] = []

    def has_come() -> bool:
        read = [json.loads(body) for body in queue.read()]
        found.extend(event for event in read if event["detail"]["jobArn"] == job)
        return last in _statuses(found)

    wait_until(has_come, lambda: f"{job} has told of {_statuses(found)} alone")
    return found


def _statuses(events: list[dict[str, Any]]) -> list[str]:
    return [event["detail"]["jobStatus"] for event in events]


@pytest.fixture
def start(stack: LocalStack, role: str, manifest: str) -> Callable[..., str]:
    """Starts a job; returns its ARN."""

    def create(**changes: Any) -> str:
        name = f"onmodel-{uuid.uuid4().hex[:8]}"
        request = {
            "jobName": name,
            "customModelName": name,
            "roleArn": role,
            "baseModelIdentifier": "amazon.nova-canvas-v1:0",
            "customizationType": "FINE_TUNING",
            "trainingDataConfig": {"s3Uri": manifest},
            "outputDataConfig": {"s3Uri": f"s3://{BUCKET}/out"},
            "hyperParameters": {"stepCount": "500", "batchSize": "8", "learningRate": "0.00001"},
            "jobTags": [{"key": "onmodel", "value": "test"}],
        }
        return stack.client("bedrock").create_model_customization_job(**request | changes)["jobArn"]

    return create


def _until(stack: LocalStack, arn: str, *statuses: str) -> dict[str, Any]:
    bedrock = stack.client("bedrock")

    def job() -> dict[str, Any]:
        return dict(bedrock.get_model_customization_job(jobIdentifier=arn))

    def reached() -> dict[str, Any]:
        found = job()
        return found if found["status"] in statuses else {}

    return wait_until(reached, job)


@pytest.fixture
def throughput(stack: LocalStack, start: Callable[..., str]) -> Iterator[str]:
    """A model in service; deleted afterwards."""
    bedrock = stack.client("bedrock")
    job = _until(stack, start(), "Completed")
    arn = bedrock.create_provisioned_model_throughput(
        modelUnits=1, provisionedModelName=job["jobName"], modelId=job["outputModelArn"],
        tags=[{"key": "onmodel", "value": "test"}],
    )["provisionedModelArn"]  # fmt: skip

    def status() -> str:
        return str(bedrock.get_provisioned_model_throughput(provisionedModelId=arn)["status"])

    wait_until(lambda: status() == "InService", status)
    yield arn
    if any(t["arn"] == arn for t in stack.control("bedrock")["throughput"]):
        bedrock.delete_provisioned_model_throughput(provisionedModelId=arn)


def _draw(stack: LocalStack, model: str, **config: Any) -> dict[str, Any]:
    body = {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": "Buck waves from a hill", "negativeText": "blurry"},
        "imageGenerationConfig": {"width": 512, "height": 512, "seed": 7} | config,
    }
    answer = stack.client("bedrock-runtime").invoke_model(modelId=model, body=json.dumps(body))
    return json.loads(answer["body"].read())


def test_job_when_data_is_fine_then_completed_with_model_metrics_and_events(
    stack: LocalStack, start: Callable[..., str], queue: Queue
) -> None:
    arn = start()
    job = _until(stack, arn, "Completed")
    assert {d["status"] for d in job["statusDetails"].values()} == {"Completed"}
    assert job["trainingMetrics"]["trainingLoss"] < 0.2
    key = f"out/model-customization-job-{arn.rsplit('/', 1)[-1]}/training_artifacts"
    key += "/step_wise_training_metrics.csv"
    csv = stack.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
    assert csv.startswith("step_number,epoch_number,training_loss\n")
    model = stack.client("bedrock").get_custom_model(modelIdentifier=job["outputModelArn"])
    assert model["jobArn"] == arn
    result = _events_until(queue, arn, "Completed")
    assert _statuses(result) == ["InProgress", "Completed"]
    assert result[-1]["resources"] == [arn]
    assert set(result[-1]["detail"]) == {
        "version", "jobName", "jobArn", "outputModelName", "outputModelArn", "roleArn",
        "jobStatus", "failureMessage", "creationTime", "lastModifiedTime", "endTime",
        "baseModelArn", "hyperParameters", "trainingDataConfig", "validationDataConfig",
        "outputDataConfig",
    }  # fmt: skip
    assert result[-1]["detail"]["outputModelArn"] == job["outputModelArn"]


def test_job_when_token_repeats_then_the_same_job(start: Callable[..., str]) -> None:
    token = uuid.uuid4().hex
    assert start(clientRequestToken=token) == start(clientRequestToken=token)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"jobName": "two words"}, "ValidationException"),
        ({"customModelName": "with.dots"}, "ValidationException"),
        ({"hyperParameters": {"stepCount": "5"}}, "ValidationException"),
        ({"hyperParameters": {"epochs": "5"}}, "ValidationException"),
        ({"baseModelIdentifier": "amazon.nova-pro-v1:0"}, "ValidationException"),
        ({"baseModelIdentifier": "amazon.titan-image-generator-v2:0"}, "ResourceNotFoundException"),
        ({"roleArn": "arn:aws:iam::000000000000:role/nobody"}, "ValidationException"),
        ({"trainingDataConfig": {"s3Uri": f"s3://{BUCKET}/none.jsonl"}}, "ValidationException"),
        ({"outputDataConfig": {"s3Uri": "s3://another-bucket/out"}}, "ValidationException"),
    ],
)
def test_job_when_request_is_impossible_then_refused(
    start: Callable[..., str], changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError) as fault:
        start(**changes)
    assert fault.value.response["Error"]["Code"] == code


def test_job_when_name_is_taken_then_conflict(start: Callable[..., str]) -> None:
    name = f"taken-{uuid.uuid4().hex[:6]}"
    start(jobName=name)
    with pytest.raises(ClientError) as fault:
        start(jobName=name)
    assert fault.value.response["Error"]["Code"] == "ConflictException"


def test_job_when_manifest_has_the_articles_keys_then_fails(
    stack: LocalStack, start: Callable[..., str], manifest: str
) -> None:
    lines = [{"image_ref": f"s3://{BUCKET}/crops/0.png", "alt_text": "Buck"}] * 5
    uri = _put_manifest(stack, "article.jsonl", lines)
    job = _until(stack, start(trainingDataConfig={"s3Uri": uri}), "Failed", "Completed")
    assert job["status"] == "Failed"
    assert "image-ref" in job["failureMessage"]
    assert job["statusDetails"]["validationDetails"]["status"] == "Failed"


def test_job_when_pictures_are_small_or_missing_then_fails_and_lists_them(
    stack: LocalStack, start: Callable[..., str], manifest: str
) -> None:
    stack.client("s3").put_object(Bucket=BUCKET, Key="crops/small.png", Body=_picture(300))
    lines = [
        {"image-ref": f"s3://{BUCKET}/crops/{name}.png", "caption": "Buck hops"}
        for name in ("0", "1", "2", "small", "missing")
    ]
    uri = _put_manifest(stack, "small.jsonl", lines)
    job = _until(stack, start(trainingDataConfig={"s3Uri": uri}), "Failed", "Completed")
    assert "small.png: 300 x 300" in job["failureMessage"]
    assert "missing.png" in job["failureMessage"]


def test_job_when_stopped_then_stopping_and_stopped_are_told(
    stack: LocalStack, start: Callable[..., str], queue: Queue
) -> None:
    stack.control("bedrock/hold", {"what": "jobs", "held": True})
    arn = start()
    stack.client("bedrock").stop_model_customization_job(jobIdentifier=arn)
    stack.control("bedrock/hold", {"what": "jobs", "held": False})
    _until(stack, arn, "Stopped")
    result = _statuses(_events_until(queue, arn, "Stopped"))
    assert result[-2:] == ["Stopping", "Stopped"]


def test_controls_when_held_then_stepped_then_a_phase_at_a_time(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    stack.control("bedrock/hold", {"what": "jobs", "held": True})
    arn = start()
    time.sleep(1)
    assert _until(stack, arn, "InProgress")["status"] == "InProgress"
    stack.control("bedrock/hold", {"what": "jobs", "held": False})
    name = _until(stack, arn, "InProgress", "Completed")["jobName"]
    for _ in range(3):
        stack.control("bedrock/step", {"name": name})
    _until(stack, arn, "Completed")


def test_controls_when_events_are_dropped_or_doubled_then_so_many_come(
    stack: LocalStack, start: Callable[..., str], queue: Queue
) -> None:
    stack.control("bedrock/events", {"times": 0})
    arn = start()
    name = _until(stack, arn, "Completed")["jobName"]
    assert not [body for body in queue.read(wait_seconds=1) if arn in body]
    stack.control("bedrock/events", {"times": 1})
    stack.control("bedrock/resend", {"name": name})
    stack.control("bedrock/resend", {"name": name, "overrides": {"jobStatus": "Failed"}})
    assert _statuses(_events_until(queue, arn, "Failed")) == ["Completed", "Failed"]


def test_controls_when_next_job_is_doomed_then_it_fails_with_the_message(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    stack.control("bedrock/fail", {"what": "jobs", "message": "Internal service error"})
    job = _until(stack, start(), "Failed", "Completed")
    assert job["failureMessage"] == "Internal service error"


def test_throughput_when_in_service_then_bills_until_deleted(
    stack: LocalStack, throughput: str
) -> None:
    bill = stack.control("billing")
    assert bill["usd_per_hour"] == 60.5
    assert not bill["nothing_by_the_hour"]
    tags = stack.client("bedrock").list_tags_for_resource(resourceARN=throughput)["tags"]
    assert tags == [{"key": "onmodel", "value": "test"}]
    stack.client("bedrock").delete_provisioned_model_throughput(provisionedModelId=throughput)
    assert stack.control("billing")["throughput"] == []


def test_throughput_when_quota_is_used_up_then_the_real_refusal(
    stack: LocalStack, throughput: str, start: Callable[..., str]
) -> None:
    quotas = stack.client("service-quotas")
    result = quotas.get_service_quota(ServiceCode="bedrock", QuotaCode="L-BE77399C")
    assert result["Quota"]["Value"] == 1
    job = _until(stack, start(), "Completed")
    with pytest.raises(ClientError, match="no commitment model units") as fault:
        stack.client("bedrock").create_provisioned_model_throughput(
            modelUnits=1, provisionedModelName="second", modelId=job["outputModelArn"]
        )
    assert fault.value.response["Error"]["Code"] == "ServiceQuotaExceededException"


def test_model_when_throughput_uses_it_then_not_deleted(stack: LocalStack, throughput: str) -> None:
    bedrock = stack.client("bedrock")
    model = bedrock.get_provisioned_model_throughput(provisionedModelId=throughput)["modelArn"]
    with pytest.raises(bedrock.exceptions.ConflictException):
        bedrock.delete_custom_model(modelIdentifier=model)
    bedrock.delete_provisioned_model_throughput(provisionedModelId=throughput)
    bedrock.delete_custom_model(modelIdentifier=model)
    with pytest.raises(bedrock.exceptions.ResourceNotFoundException):
        bedrock.get_custom_model(modelIdentifier=model)


def test_canvas_when_model_is_trained_then_pictures_by_seed(
    stack: LocalStack, throughput: str
) -> None:
    first = _draw(stack, throughput, numberOfImages=2)
    assert first["error"] is None
    assert len(set(first["images"])) == 2
    assert _draw(stack, throughput, numberOfImages=2)["images"] == first["images"]
    pixels = cv2.imdecode(
        np.frombuffer(base64.b64decode(first["images"][0]), np.uint8), cv2.IMREAD_COLOR
    )
    assert pixels.shape == (512, 512, 3)
    # the training picture's figure is on it
    assert (np.abs(pixels[256, 256].astype(int) - (160, 170, 220)) < 25).all()


def test_canvas_when_answers_are_blocked_then_as_on_aws(stack: LocalStack, throughput: str) -> None:
    order = {"service": "bedrock-runtime", "operation": "InvokeModel"}
    stack.control("faults", order | {"answer": "blocked"})
    assert _draw(stack, throughput) == {
        "images": [],
        "error": "This image has been blocked by our content filters.",
    }
    stack.control("faults", order | {"answer": "partly-blocked"})
    assert len(_draw(stack, throughput, numberOfImages=3)["images"]) == 2
    stack.control("faults", order | {"answer": "blocked-input"})
    with pytest.raises(ClientError, match="blocked by our content filters"):
        _draw(stack, throughput)


@pytest.mark.parametrize(
    "config",
    [{"width": 500}, {"width": 4112}, {"seed": -1}, {"numberOfImages": 6}, {"quality": "best"},
     {"cfgScale": 11}, {"width": 2048, "height": 320}],
)  # fmt: skip
def test_canvas_when_parameters_are_impossible_then_validation_exception(
    stack: LocalStack, config: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as fault:
        _draw(stack, "amazon.nova-canvas-v1:0", **config)
    assert fault.value.response["Error"]["Code"] == "ValidationException"


def _ask(stack: LocalStack, text: str = "It was recognised as Buck.\nGo.") -> dict[str, Any]:
    content = [{"image": {"format": "png", "source": {"bytes": _picture()}}}, {"text": text}]
    return stack.client("bedrock-runtime").converse(
        modelId="us.amazon.nova-pro-v1:0", messages=[{"role": "user", "content": content}]
    )


def test_nova_pro_when_asked_then_one_json_object_that_names_the_character(
    stack: LocalStack,
) -> None:
    answer = _ask(stack)
    text = json.loads(answer["output"]["message"]["content"][0]["text"])
    assert set(text) == {"alt_text"}
    assert "Buck" in text["alt_text"]
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["inputTokens"] > 1500


@pytest.mark.parametrize(
    ("kind", "reason"), [("filtered", "content_filtered"), ("prose", "end_turn")]
)
def test_nova_pro_when_odd_answer_is_ordered_then_given_once(
    stack: LocalStack, kind: str, reason: str
) -> None:
    order = {"service": "bedrock-runtime", "operation": "Converse", "answer": kind}
    stack.control("faults", order)
    answer = _ask(stack)
    assert answer["stopReason"] == reason
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(answer["output"]["message"]["content"][0]["text"])
    assert _ask(stack)["stopReason"] == "end_turn"


def test_foundation_model_when_lifecycle_is_set_then_told_and_enforced(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    bedrock = stack.client("bedrock")
    canvas = "amazon.nova-canvas-v1:0"
    result = bedrock.get_foundation_model(modelIdentifier=canvas)["modelDetails"]
    assert result["modelLifecycle"]["status"] == "ACTIVE"
    try:
        stack.control("simulation-settings", {"canvas_status": "LEGACY"})
        result = bedrock.get_foundation_model(modelIdentifier=canvas)["modelDetails"]
        assert f"{result['modelLifecycle']['endOfLifeTime']:%Y-%m-%d}" == "2026-09-30"
        with pytest.raises(bedrock.exceptions.ValidationException, match="legacy"):
            start()
        stack.control("simulation-settings", {"canvas_status": "GONE"})
        with pytest.raises(bedrock.exceptions.ResourceNotFoundException):
            bedrock.get_foundation_model(modelIdentifier=canvas)
    finally:
        stack.control("simulation-settings", {"canvas_status": "ACTIVE"})


@pytest.mark.parametrize(
    ("passed", "code"),
    [("training", None), ("another", "AccessDeniedException")],
)
def test_job_when_caller_may_pass_one_role_only_then_others_are_refused(
    stack: LocalStack, role: str, manifest: str, passed: str, code: str | None
) -> None:
    iam = stack.client("iam")
    name = f"caller-{passed}"
    iam.create_user(UserName=name)
    allow = [
        {"Effect": "Allow", "Action": "bedrock:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": f"arn:aws:iam::000000000000:role/{passed}",
            "Condition": {"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}},
        },
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": allow})
    iam.put_user_policy(UserName=name, PolicyName="train", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    bedrock = boto3.client(
        "bedrock", endpoint_url=stack.endpoint_url, region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
    )  # fmt: skip
    order = {
        "jobName": name, "customModelName": name, "roleArn": role,
        "baseModelIdentifier": "amazon.nova-canvas-v1:0",
        "trainingDataConfig": {"s3Uri": manifest},
        "outputDataConfig": {"s3Uri": f"s3://{BUCKET}/out"},
    }  # fmt: skip
    if code is None:
        assert bedrock.create_model_customization_job(**order)["jobArn"]
        return
    with pytest.raises(ClientError, match="iam:PassRole") as fault:
        bedrock.create_model_customization_job(**order)
    assert fault.value.response["Error"]["Code"] == code

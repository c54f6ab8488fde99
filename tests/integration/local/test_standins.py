"""Stand-ins through boto3: shapes, errors, faults, counts."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import cv2
import numpy as np
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from onmodel_local.stack import LocalStack


def _jpeg(width: int = 640, height: int = 360) -> bytes:
    noise = np.random.default_rng(7).normal(0, 18, (height, width, 1))
    picture = np.clip(np.array([40, 140, 60]) + noise, 0, 255).astype(np.uint8)
    cv2.ellipse(
        picture, (width // 2, height * 6 // 10), (width // 6, height // 3), 0, 0, 360,
        (170, 180, 235), -1,
    )  # fmt: skip
    return cv2.imencode(".jpg", picture)[1].tobytes()


def _embed(stack: LocalStack, body: dict[str, Any]) -> dict[str, Any]:
    answer = stack.client("bedrock-runtime").invoke_model(
        modelId="amazon.titan-embed-image-v1", body=json.dumps(body)
    )
    return json.loads(answer["body"].read())


def test_detect_labels_when_figure_stands_out_then_cartoon_with_its_box(
    local_stack: LocalStack,
) -> None:
    answer = local_stack.client("rekognition").detect_labels(Image={"Bytes": _jpeg()})
    label = answer["Labels"][0]
    assert label["Name"] in ("Cartoon", "Person")
    box = label["Instances"][0]["BoundingBox"]
    assert box["Left"] < 0.5 < box["Left"] + box["Width"]
    assert "simulated" in answer["LabelModelVersion"]


def test_detect_labels_when_label_is_not_included_then_left_out(local_stack: LocalStack) -> None:
    answer = local_stack.client("rekognition").detect_labels(
        Image={"Bytes": _jpeg()},
        Settings={"GeneralLabels": {"LabelInclusionFilters": ["Bicycle"]}},
    )
    assert answer["Labels"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"no picture", "InvalidImageFormatException"),
        (_jpeg()[:300], "InvalidImageFormatException"),
        (_jpeg(60, 60), "InvalidParameterException"),
        (b"\xff\xd8\xff" + b"0" * (5 << 20), "InvalidParameterException"),
    ],
)
def test_detect_labels_when_picture_is_bad_then_awss_error(
    local_stack: LocalStack, body: bytes, code: str
) -> None:
    rekognition = local_stack.client("rekognition")
    with pytest.raises(ClientError) as fault:
        rekognition.detect_labels(Image={"Bytes": body})
    assert fault.value.response["Error"]["Code"] == code


def test_detect_labels_when_object_is_missing_then_awss_error(local_stack: LocalStack) -> None:
    rekognition = local_stack.client("rekognition")
    with pytest.raises(rekognition.exceptions.InvalidS3ObjectException):
        rekognition.detect_labels(Image={"S3Object": {"Bucket": "none", "Name": "none"}})


def test_titan_when_picture_is_embedded_then_numbers_and_no_message(
    local_stack: LocalStack,
) -> None:
    body = {
        "inputImage": base64.b64encode(_jpeg()).decode(),
        "embeddingConfig": {"outputEmbeddingLength": 384},
    }
    answer = _embed(local_stack, body)
    assert len(answer["embedding"]) == 384
    assert answer["message"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"inputImage": "no base64!"},
        {"inputImage": base64.b64encode(b"no picture").decode()},
        {"inputText": "x", "embeddingConfig": {"outputEmbeddingLength": 100}},
        {"inputText": "x", "unknown": 1},
        {"inputImage": base64.b64encode(_jpeg(2200, 90)).decode()},
    ],
)
def test_titan_when_request_is_bad_then_validation_exception(
    local_stack: LocalStack, body: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as fault:
        _embed(local_stack, body)
    assert fault.value.response["Error"]["Code"] == "ValidationException"


def test_titan_when_odd_answer_is_ordered_then_message_inside_200(
    clean_steering: LocalStack,
) -> None:
    order = {"service": "bedrock-runtime", "operation": "InvokeModel", "answer": "message"}
    clean_steering.control("faults", order)
    assert _embed(clean_steering, {"inputText": "x"})["message"]
    assert _embed(clean_steering, {"inputText": "x"})["message"] is None


def test_faults_when_throttled_once_with_latency_then_one_slow_error(
    clean_steering: LocalStack,
) -> None:
    clean_steering.control(
        "faults",
        {
            "service": "rekognition", "operation": "DetectLabels",
            "error": "ThrottlingException", "times": 1, "latency_seconds": 0.3,
        },
    )  # fmt: skip
    impatient = Config(retries={"total_max_attempts": 1})
    import boto3

    rekognition = boto3.client(
        "rekognition", endpoint_url=clean_steering.endpoint_url, region_name="us-east-1",
        aws_access_key_id="test", aws_secret_access_key="test", config=impatient,
    )  # fmt: skip
    began = time.monotonic()
    with pytest.raises(rekognition.exceptions.ThrottlingException):
        rekognition.detect_labels(Image={"Bytes": _jpeg()})
    assert time.monotonic() - began >= 0.3
    rekognition.detect_labels(Image={"Bytes": _jpeg()})
    for path in ("calls", "calls-of-root"):
        counted = clean_steering.control(path)["rekognition"]["DetectLabels"]
        assert counted == {"ThrottlingException": 1, "ok": 1}

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel_local.standins.service import service_model
from onmodel_local.standins.shapes import ShapeMismatchError, decode, encode, violations

LABELS = service_model("rekognition").operation_model("DetectLabels")
JOB = service_model("bedrock").operation_model("CreateModelCustomizationJob")
GET_JOB = service_model("bedrock").operation_model("GetModelCustomizationJob")


def test_decode_when_blob_then_bytes() -> None:
    assert decode(LABELS.input_shape, {"Image": {"Bytes": "aGk="}}) == {"Image": {"Bytes": b"hi"}}


def test_decode_when_blob_is_no_base64_then_mismatch() -> None:
    with pytest.raises(ShapeMismatchError, match=r"Image\.Bytes is no blob"):
        decode(LABELS.input_shape, {"Image": {"Bytes": "ä"}})


def test_violations_when_required_member_is_missing_then_named() -> None:
    assert any("'Image'" in line for line in violations(LABELS.input_shape, {}))


@pytest.mark.parametrize(
    ("member", "value", "answer"),
    [
        ("MaxLabels", -1, "greater than or equal to 0"),
        ("MinConfidence", 101, "less than or equal to 100"),
        ("MaxLabels", "many", "must be a integer"),
        ("MaxLabels", True, "must be a integer"),
        ("Features", ["GENERAL"], "enum value set"),
        ("Unknown", 1, "no member"),
    ],
)
def test_violations_when_member_is_wrong_then_told(member: str, value: object, answer: str) -> None:
    request = {"Image": {"Bytes": b"x"}, member: value}
    assert any(answer in line for line in violations(LABELS.input_shape, request))


@pytest.mark.parametrize(
    ("name", "fine"), [("onmodel-buck-1", True), ("two words", False), ("x" * 64, False)]
)
def test_violations_when_job_name_breaks_the_pattern_then_told(name: str, fine: bool) -> None:
    request = {
        "jobName": name,
        "customModelName": "buck",
        "baseModelIdentifier": "amazon.nova-canvas-v1:0",
        "roleArn": "arn:aws:iam::000000000000:role/bedrock",
        "trainingDataConfig": {"s3Uri": "s3://a-bucket/m.jsonl"},
        "outputDataConfig": {"s3Uri": "s3://a-bucket/out"},
    }
    assert (not list(violations(JOB.input_shape, request))) == fine


def test_violations_when_s3_uri_has_a_space_then_told() -> None:
    shape = JOB.input_shape.members["trainingDataConfig"]
    assert list(violations(shape, {"s3Uri": "s3://bucket/a b.jsonl"}))


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1)))  # noqa: DTZ001
def test_encode_when_timestamps_go_out_and_in_then_same_to_the_millisecond(
    moment: datetime,
) -> None:
    shape = GET_JOB.output_shape.members["creationTime"]
    there = encode(shape, moment, "iso8601")
    assert abs((decode(shape, there) - moment).total_seconds()) <= 0.001

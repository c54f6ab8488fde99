"""The control plane over remembered surroundings: no emulator, no network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from waiting import wait_until

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.aws_services import AccessRefusedError
from onmodel_local.standins.bedrock.control_plane import ControlPlane
from onmodel_local.standins.errors import ControlRefusedError, ServiceFault

ROLE = "arn:aws:iam::000000000000:role/training"


class RecordingAws:
    """AwsServices in memory; remembers what was published."""

    account = "000000000000"
    region = "us-east-1"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.events: list[dict[str, Any]] = []
        self.denied: set[str] = set()
        self.distrust: str | None = None

    def read(self, role_arn: str, uri: str) -> bytes:
        if uri not in self.objects:
            raise AccessRefusedError(f"{uri}: NoSuchKey")
        return self.objects[uri]

    def write(self, role_arn: str, uri: str, body: bytes) -> None:
        self.objects[uri] = body

    def publish(self, source: str, detail_type: str, resource: str, detail: dict[str, Any]) -> None:
        self.events.append(detail)

    def denial(self, action: str, resource: str, context: dict[str, str]) -> str | None:
        return f"not authorized: {action}" if action in self.denied else None

    def trust_fault(self, role_arn: str, service: str) -> str | None:
        return self.distrust


@pytest.fixture
def aws() -> RecordingAws:
    made = RecordingAws()
    picture = cv2.imencode(".png", np.zeros((512, 512, 3), np.uint8))[1].tobytes()
    lines = []
    for number in range(5):
        uri = f"s3://bucket/{number}.png"
        made.objects[uri] = picture
        lines.append(json.dumps({"image-ref": uri, "caption": f"Buck hops {number}"}))
    made.objects["s3://bucket/m.jsonl"] = ("\n".join(lines) + "\n").encode()
    return made


@pytest.fixture
def settings() -> SimulationSettings:
    return SimulationSettings(training_seconds=0.1, throughput_seconds=0.05, stopping_seconds=0.05)


@pytest.fixture
def plane(aws: RecordingAws, settings: SimulationSettings) -> Iterator[ControlPlane]:
    made = ControlPlane(settings, aws)
    yield made
    for job in made.ledger.jobs.values():  # their threads end
        job.status = "Stopped"
    made.ledger.throughputs.clear()


def _create(plane: ControlPlane, name: str = "onmodel-1", **changes: Any) -> str:
    request = {
        "jobName": name, "customModelName": name, "roleArn": ROLE,
        "baseModelIdentifier": "amazon.nova-canvas-v1:0",
        "trainingDataConfig": {"s3Uri": "s3://bucket/m.jsonl"},
        "outputDataConfig": {"s3Uri": "s3://bucket/out/"},
    }  # fmt: skip
    operation = plane.operations()["CreateModelCustomizationJob"]
    return asyncio.run(operation(request | changes))["jobArn"]


def _ask(plane: ControlPlane, operation: str, **request: Any) -> dict[str, Any]:
    return plane.operations()[operation](request)


def _trained(plane: ControlPlane, name: str = "onmodel-1") -> str:
    arn = _create(plane, name)
    wait_until(lambda: plane.ledger.jobs[arn].status == "Completed")
    return str(plane.ledger.jobs[arn].model_arn)


def test_job_when_it_completes_then_metrics_model_and_events(
    plane: ControlPlane, aws: RecordingAws
) -> None:
    model = _trained(plane)
    wait_until(lambda: len(aws.events) == 2)
    assert [event["jobStatus"] for event in aws.events] == ["InProgress", "Completed"]
    assert aws.events[-1]["outputModelArn"] == model
    assert any(uri.endswith("step_wise_training_metrics.csv") for uri in aws.objects)


@pytest.mark.parametrize(
    "action", ["iam:PassRole", "bedrock:TagResource", "bedrock:CreateModelCustomizationJob"]
)
def test_job_when_caller_may_not_then_access_denied(
    plane: ControlPlane, aws: RecordingAws, action: str
) -> None:
    aws.denied.add(action)
    with pytest.raises(ServiceFault, match="AccessDeniedException"):
        _create(plane, jobTags=[{"key": "a", "value": "b"}])
    assert plane.ledger.jobs == {}


def test_job_when_role_is_not_trusted_then_validation_exception(
    plane: ControlPlane, aws: RecordingAws
) -> None:
    aws.distrust = "it does not trust bedrock.amazonaws.com"
    with pytest.raises(ServiceFault, match="Could not assume"):
        _create(plane)


def test_job_when_forced_back_and_forth_then_each_state_is_told(
    plane: ControlPlane, aws: RecordingAws
) -> None:
    plane.hold({"what": "jobs", "held": True})
    _create(plane, "forced")
    for status in ("Failed", "InProgress", "Stopped", "Completed"):
        plane.set_state({"name": "forced", "status": status, "message": "as ordered"})
    answer = [event["jobStatus"] for event in aws.events if event["jobName"] == "forced"]
    assert answer[-4:] == ["Failed", "InProgress", "Stopped", "Completed"]


def test_throughput_when_quota_is_zero_then_refused_before_anything_bills(
    plane: ControlPlane, settings: SimulationSettings
) -> None:
    settings.throughput_quota = 0
    model = _trained(plane)
    with pytest.raises(ServiceFault, match="ServiceQuotaExceededException"):
        _ask(plane, "CreateProvisionedModelThroughput", modelId=model, modelUnits=1,
             provisionedModelName="t")  # fmt: skip
    assert plane.billing({})["nothing_by_the_hour"]


def test_throughput_when_doomed_then_failed_and_still_bills(plane: ControlPlane) -> None:
    model = _trained(plane)
    plane.fail_next({"what": "throughput", "message": "no capacity"})
    arn = _ask(plane, "CreateProvisionedModelThroughput", modelId=model, modelUnits=1,
               provisionedModelName="t")["provisionedModelArn"]  # fmt: skip
    wait_until(lambda: plane.ledger.throughputs[arn].status == "Failed")
    answer = _ask(plane, "GetProvisionedModelThroughput", provisionedModelId=arn)
    assert answer["failureMessage"] == "no capacity"
    assert plane.billing({})["usd_per_hour"] == 60.5


def test_throughput_when_committed_then_not_deleted(plane: ControlPlane) -> None:
    model = _trained(plane)
    arn = _ask(plane, "CreateProvisionedModelThroughput", modelId=model, modelUnits=1,
               provisionedModelName="t", commitmentDuration="OneMonth",
               )["provisionedModelArn"]  # fmt: skip
    with pytest.raises(ServiceFault, match="ConflictException"):
        _ask(plane, "DeleteProvisionedModelThroughput", provisionedModelId=arn)


def test_lists_when_many_then_paged_and_filtered(plane: ControlPlane) -> None:
    plane.hold({"what": "jobs", "held": True})
    for number in range(5):
        _create(plane, f"onmodel-{number}")
    first = _ask(plane, "ListModelCustomizationJobs", maxResults=2)
    second = _ask(plane, "ListModelCustomizationJobs", maxResults=2, nextToken=first["nextToken"])
    names = [job["jobName"] for page in (first, second)
             for job in page["modelCustomizationJobSummaries"]]  # fmt: skip
    assert names == ["onmodel-4", "onmodel-3", "onmodel-2", "onmodel-1"]
    one = _ask(plane, "ListModelCustomizationJobs", nameContains="el-3", statusEquals="InProgress")
    assert len(one["modelCustomizationJobSummaries"]) == 1


def test_tags_when_added_and_removed_then_listed(plane: ControlPlane) -> None:
    arn = _create(plane, jobTags=[{"key": "a", "value": "1"}])
    _ask(plane, "TagResource", resourceARN=arn, tags=[{"key": "b", "value": "2"}])
    _ask(plane, "UntagResource", resourceARN=arn, tagKeys=["a"])
    assert _ask(plane, "ListTagsForResource", resourceARN=arn)["tags"] == [
        {"key": "b", "value": "2"}
    ]


@pytest.mark.parametrize(
    "order",
    [{}, {"name": "nobody", "status": "Failed"}, {"name": "onmodel-1", "status": "Flying"}],
)
def test_set_state_when_order_is_senseless_then_refused(
    plane: ControlPlane, order: dict[str, Any]
) -> None:
    _create(plane)
    with pytest.raises(ControlRefusedError):
        plane.set_state(order)

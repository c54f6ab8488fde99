"""Training jobs of the stand-in: a process with SageMaker's folders, every state and failure."""

from __future__ import annotations

import io
import json
import os
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import cv2
import numpy as np
import pytest
from botocore.exceptions import ClientError
from integration.queues import Queue, make_queue, send_to
from training_jobs import (
    BUCKET,
    TYPES,
    allow,
    channel,
    describe,
    fill_bucket,
    keys,
    make_role,
    read,
    training,
    until,
    wait_for_file,
)
from waiting import wait_until

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.stack import LocalStack
from onmodel_local.standins.shapes import violations

PREFIX = "arn:aws:sagemaker:us-east-1:000000000000:training-job"
SETTINGS = SimulationSettings(
    training_seconds=0.4, job_start_seconds=0.1, pending_seconds=0.2, stopping_seconds=0.3,
    kill_seconds=1.0, training_quota=5.0, most_jobs=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(settings=SETTINGS) as made:
        fill_bucket(made)
        yield made


@pytest.fixture(autouse=True)
def _as_at_the_start(stack: LocalStack) -> Iterator[None]:
    """Settings and orders of one test do not reach the next, and its jobs end."""
    yield
    for job in stack.control("sagemaker")["jobs"]:
        stack.control("sagemaker/forget", {"name": job["TrainingJobName"]})
    stack.control("simulation-settings", vars(SETTINGS))
    stack.control("sagemaker/events", {"times": 2, "delay_seconds": 0})
    stack.control("sagemaker/hold", {"held": False})


@pytest.fixture(scope="module")
def role(stack: LocalStack) -> str:
    """Reads its channels, and writes outputs and checkpoints."""
    return make_role(
        stack, "job", "sagemaker.amazonaws.com",
        allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*"),
        allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"),
        allow("s3:PutObject", [f"arn:aws:s3:::{BUCKET}/{one}/*" for one in ("out", "checkpoints")]),
    )  # fmt: skip


@pytest.fixture
def start(stack: LocalStack, role: str) -> Callable[..., str]:
    """Starts a job; returns its name."""

    def create(client: Any = None, **changes: Any) -> str:
        request = training(role) | changes
        (client or stack.client("sagemaker")).create_training_job(**request)
        return str(request["TrainingJobName"])

    return create


def code_of(fault: pytest.ExceptionInfo[ClientError]) -> str:
    return str(fault.value.response["Error"]["Code"])


@pytest.fixture
def queue(stack: LocalStack) -> Queue:
    """Collects the events of training jobs."""
    made = make_queue(stack.client("sqs"), "training-jobs")
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Training Job State Change"],
        "detail": {"TrainingJobName": [{"prefix": "onmodel-"}]},
    }
    send_to(made, stack.client("events"), "training-jobs", pattern)
    return made


def events_of(queue: Queue, name: str, last: str) -> list[dict[str, Any]]:
    """Events of a job, when one with the last status came twice."""
    found: list[dict[str, Any]] = []

    def statuses() -> list[str]:
        return [one["detail"]["TrainingJobStatus"] for one in found]

    def came_twice() -> bool:
        events = [json.loads(body) for body in queue.read()]
        found.extend(one for one in events if one["detail"]["TrainingJobName"] == name)
        return statuses().count(last) == 2

    wait_until(came_twice, statuses)
    return sorted(found, key=lambda one: int(one["detail"]["LastModifiedTime"]))


def test_job_when_all_is_fine_then_completed_with_outputs_of_the_program(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    name = start()
    job = until(stack, name, "Completed", "Failed")
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert [one["Status"] for one in job["SecondaryStatusTransitions"]] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/out/{name}/output/model/"
    assert set(keys(stack, f"out/{name}/output/model/")) == {
        "adapter.json", "pytorch_lora_weights.safetensors", "step_wise_training_metrics.csv",
        "BASE_MODEL_LICENSE", "sample-01.png", "checkpoints/step-000005.safetensors",
        "checkpoints/step-000010.safetensors", "checkpoints/step-000015.safetensors",
        "checkpoints/step-000020.safetensors",
    }  # fmt: skip
    csv = read(stack, f"out/{name}/output/model/step_wise_training_metrics.csv").decode()
    assert csv.startswith("step_number,epoch_number,training_loss,validation_loss")
    assert csv.count("\n") == 22
    assert "step-000020/state.json" in keys(stack, f"checkpoints/{name}/")
    assert job["ResourceConfig"]["SelectedInstanceType"] == "ml.g6e.2xlarge"
    seconds = (job["TrainingEndTime"] - job["TrainingStartTime"]).total_seconds()
    assert job["BillableTimeInSeconds"] == pytest.approx(60 * seconds, abs=1)
    assert "FailureReason" not in job


def test_describe_when_in_any_state_then_the_shape_of_the_service(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.operation_model("DescribeTrainingJob").output_shape
    name = start()

    def completed() -> dict[str, Any]:
        job = describe(stack, name)
        assert list(violations(shape, job)) == []
        return job if job["SecondaryStatus"] == "Completed" else {}

    job = wait_until(completed, lambda: describe(stack, name))
    passed = [transition["Status"] for transition in job["SecondaryStatusTransitions"]]
    assert [status for status in passed if status in {"Starting", "Training", "Completed"}] == [
        "Starting",
        "Training",
        "Completed",
    ]
    for missing in ("Tags", "KeepAlivePeriodInSeconds"):
        assert missing not in job
    echoed = ("AlgorithmSpecification", "RoleArn", "InputDataConfig", "StoppingCondition")
    request = training(job["RoleArn"])
    assert {one: job[one] for one in echoed} == {one: request[one] for one in echoed}
    assert job["EnableNetworkIsolation"] is True


def test_events_when_job_completes_then_two_of_each_change_with_every_field(
    stack: LocalStack, start: Callable[..., str], queue: Queue
) -> None:
    name = start()
    until(stack, name, "Completed")
    found = events_of(queue, name, "Completed")
    states = [
        (one["detail"]["TrainingJobStatus"], one["detail"]["SecondaryStatus"]) for one in found
    ]
    assert states == [
        pair
        for pair in [
            ("InProgress", "Starting"), ("InProgress", "Downloading"), ("InProgress", "Training"),
            ("InProgress", "Uploading"), ("Completed", "Completed"),
        ]
        for _ in range(2)
    ]  # fmt: skip
    event = found[-1]
    detail = event["detail"]
    assert (event["source"], event["detail-type"]) == (
        "aws.sagemaker", "SageMaker Training Job State Change",
    )  # fmt: skip
    assert event["resources"] == [f"{PREFIX}/{name}"] == [detail["TrainingJobArn"]]
    assert set(detail) == {
        "TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "SecondaryStatus",
        "HyperParameters", "AlgorithmSpecification", "RoleArn", "InputDataConfig",
        "OutputDataConfig", "ResourceConfig", "StoppingCondition", "CheckpointConfig",
        "EnableNetworkIsolation", "ModelArtifacts", "CreationTime", "TrainingStartTime",
        "TrainingEndTime", "LastModifiedTime", "SecondaryStatusTransitions", "Tags",
    }  # fmt: skip
    times = [detail[one] for one in ("CreationTime", "TrainingStartTime", "TrainingEndTime")]
    assert times == sorted(times)
    assert all(isinstance(one, str) and len(one) == 13 for one in times)
    assert detail["Tags"] == {"onmodel:stack": "onmodel"}
    assert detail["SecondaryStatusTransitions"][0]["Status"] == "Starting"


def test_job_when_its_storyboard_is_drawn_then_a_picture_and_a_line_for_each_panel(
    stack: LocalStack, start: Callable[..., str], role: str
) -> None:
    panels = [
        {"id": "1", "prompt": "Buck hops", "seed": 1, "width": 128, "height": 64,
         "references": ["buck.png"]},
        {"id": "2", "prompt": "a meadow", "seed": 2, "width": 64, "height": 64},
    ]  # fmt: skip
    s3 = stack.client("s3")
    for arm in ("references", "base"):
        told = json.dumps({"arm": arm, "panels": panels}).encode()
        s3.put_object(Bucket=BUCKET, Key=f"board/{arm}/storyboard.json", Body=told)
    picture = read(stack, "references/buck.png")
    s3.put_object(Bucket=BUCKET, Key="board/references/buck.png", Body=picture)
    request = training(role)
    request["InputDataConfig"] = [
        channel("code"), channel("model"), channel("storyboard", "board")
    ]  # fmt: skip
    request["AlgorithmSpecification"]["ContainerArguments"] = ["draw.py"]
    name = start(**request)
    assert until(stack, name, "Completed", "Failed")["TrainingJobStatus"] == "Completed"
    lines = [
        json.loads(line)
        for line in read(stack, f"checkpoints/{name}/references/panels.jsonl").splitlines()
    ]
    assert [line["id"] for line in lines] == ["1", "2"]
    assert lines[1]["error"] == "The scene names no character that has a picture"
    picture = read(stack, f"checkpoints/{name}/references/1.png")
    assert cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).shape == (64, 128, 3)
    assert (lines[0]["arm"], lines[0]["model"]) == ("references", "onmodel/none")
    assert {"1.png", "2.png"} < set(keys(stack, f"checkpoints/{name}/base/"))


def test_job_when_output_is_compressed_then_one_archive(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    name = start(OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"})
    job = until(stack, name, "Completed")
    place = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert place == f"s3://{BUCKET}/out/{name}/output/model.tar.gz"
    body = io.BytesIO(read(stack, place.removeprefix(f"s3://{BUCKET}/")))
    with tarfile.open(fileobj=body) as archive:
        assert "adapter.json" in archive.getnames()


def test_create_when_name_exists_then_resource_in_use(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    name = start()
    with pytest.raises(ClientError, match="already exists") as fault:
        start(TrainingJobName=name, EnableNetworkIsolation=False)
    assert code_of(fault) == "ResourceInUse"
    assert describe(stack, name)["EnableNetworkIsolation"] is True


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"TrainingJobName": "two words"}, "regular expression"),
        ({"TrainingJobName": "x" * 64}, "less than or equal to 63"),
        ({"RoleArn": "arn:aws:iam::000000000000:role/nobody"}, "Could not assume role"),
        ({"StoppingCondition": {"MaxPendingTimeInSeconds": 2_419_201}}, "2419200"),
        ({"ResourceConfig": {"InstanceType": "ml.huge", "InstanceCount": 1, "VolumeSizeInGB": 1}},
         "enum value set"),
        ({"ResourceConfig": {"InstanceCount": 1, "VolumeSizeInGB": 1}}, "one of InstanceType"),
        ({"ResourceConfig": {"InstanceType": "ml.g5.2xlarge", "InstanceCount": 1,
                             "VolumeSizeInGB": 1, "KeepAlivePeriodInSeconds": 60}}, "warm pool"),
        ({"InputDataConfig": [channel("code"), channel("nothing")]}, "No S3 objects found"),
        ({"InputDataConfig": [channel("code"), channel("code")]}, "unique name"),
        ({"EnableManagedSpotTraining": True}, "not simulated"),
        ({"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}}, "not simulated"),
    ],
)  # fmt: skip
def test_create_when_request_is_impossible_then_validation_exception(
    start: Callable[..., str], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message) as fault:
        start(**changes)
    assert code_of(fault) == "ValidationException"


def test_create_when_quota_is_used_up_then_resource_limit_exceeded(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    stack.control("simulation-settings", {"training_quota": 0})
    with pytest.raises(
        ClientError, match=r"'ml\.g6e\.2xlarge for training job usage' is 0 Inst"
    ) as fault:
        start()
    assert code_of(fault) == "ResourceLimitExceeded"
    stack.control("simulation-settings", {"training_quota": 1})
    stack.control("sagemaker/hold", {"held": True})
    names = [start() for _ in TYPES]
    with pytest.raises(ClientError, match="current utilization of 1") as fault:
        start()
    stack.control("sagemaker/hold", {"held": False})
    used = {
        until(stack, one, "Completed")["ResourceConfig"]["SelectedInstanceType"] for one in names
    }
    assert used == set(TYPES)


def test_quotas_when_listed_then_each_instance_type_by_name(stack: LocalStack) -> None:
    pages = stack.client("service-quotas").get_paginator("list_service_quotas")
    found = {
        one["QuotaName"]: one
        for page in pages.paginate(ServiceCode="sagemaker")
        for one in page["Quotas"]
    }
    quota = found["ml.g6e.2xlarge for training job usage"]
    assert quota["Value"] == SETTINGS.training_quota
    again = stack.client("service-quotas").get_service_quota(
        ServiceCode="sagemaker", QuotaCode=quota["QuotaCode"]
    )
    assert again["Quota"] == quota


def test_job_when_no_capacity_then_pending_and_failed_with_capacity_error(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    stack.control("sagemaker/fail", {"how": "no capacity"})
    stack.control("sagemaker/hold", {"held": True})
    name = start()
    stack.control("sagemaker/step", {"name": name})  # the wait for its start is over
    until(stack, name, "InProgress", secondary="Pending")
    assert stack.control("billing")["sagemaker"] == []
    stack.control("sagemaker/hold", {"held": False})
    job = until(stack, name, "Failed")
    assert job["FailureReason"].startswith("CapacityError: ")
    assert "BillableTimeInSeconds" not in job
    assert "TrainingStartTime" not in job


def test_job_when_pending_ends_as_stopped_then_stopped_without_bill(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    stack.control("simulation-settings", {"pending_ends": "Stopped"})
    stack.control("sagemaker/fail", {"how": "no capacity"})
    job = until(stack, start(), "Stopped")
    assert "BillableTimeInSeconds" not in job


def test_job_when_first_type_has_no_capacity_then_runs_on_the_next(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    stack.control("sagemaker/fail", {"how": "no capacity", "instances": ["ml.g6e.2xlarge"]})
    job = until(stack, start(), "Completed")
    assert job["ResourceConfig"]["SelectedInstanceType"] == "ml.g6e.xlarge"


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("changed weights", "LICENSE of the model channel is not the file that weights.json names"),
        ("nan", "AlgorithmError: The loss is no number any more at step 2: lower the learning rate"
         ", exit code: 1"),
        ("killed", "AlgorithmError: , exit code: 137"),
        ("internal error", "InternalServerError: "),
    ],
)  # fmt: skip
def test_job_when_trouble_is_ordered_then_failed_with_the_reason(
    stack: LocalStack, start: Callable[..., str], how: str, reason: str
) -> None:
    stack.control("sagemaker/fail", {"how": how})
    job = until(stack, start(), "Failed", "Completed")
    assert reason in job["FailureReason"]
    assert job["SecondaryStatus"] == "Failed"
    assert until(stack, start(), "Completed", "Failed")["TrainingJobStatus"] == "Completed"


def test_job_when_picture_is_missing_then_failed_with_the_sentence_of_the_trainer(
    stack: LocalStack, start: Callable[..., str], role: str
) -> None:
    line = json.dumps({"picture": "pictures/none.png", "caption": "Buck"}).encode()
    s3 = stack.client("s3")
    s3.put_object(Bucket=BUCKET, Key="other/train.jsonl", Body=line)
    s3.put_object(Bucket=BUCKET, Key="other/recipe.json", Body=b"{}")
    inputs = [channel("code"), channel("model"), channel("dataset", "other")]
    job = until(stack, start(InputDataConfig=inputs), "Failed")
    assert "1 pictures of train.jsonl are missing" in job["FailureReason"]


def test_job_when_killed_then_the_next_goes_on_from_its_checkpoint(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    stack.control("simulation-settings", {"training_seconds": 4})
    stack.control("sagemaker/fail", {"how": "killed"})
    first = start()
    until(stack, first, "Failed")
    place = {"S3Uri": f"s3://{BUCKET}/checkpoints/{first}"}
    step = newest_step(stack, first)
    assert 5 <= step < 20
    stack.control("simulation-settings", {"training_seconds": 2})
    second = start(CheckpointConfig=place)
    job = until(stack, second, "Completed")
    seconds = (job["TrainingEndTime"] - job["TrainingStartTime"]).total_seconds()
    assert seconds > (20 - step) * 2 / 20
    wait_until(lambda: f"from_step={step} of=20" in stack.log.read_text())


def newest_step(stack: LocalStack, name: str) -> int:
    """Of a job's checkpoints."""
    found = [key for key in keys(stack, f"checkpoints/{name}/") if key.endswith("/state.json")]
    return int(max(found).removeprefix("step-").removesuffix("/state.json"))


def test_stop_when_training_then_stopping_and_stopped_with_checkpoint_and_bill(
    stack: LocalStack, start: Callable[..., str], queue: Queue
) -> None:
    stack.control("simulation-settings", {"training_seconds": 8})
    name = start()
    wait_for_file(stack, name, "state.json")
    assert [one["name"] for one in stack.control("billing")["sagemaker"]] == [name]
    stack.client("sagemaker").stop_training_job(TrainingJobName=name)
    assert describe(stack, name)["TrainingJobStatus"] in ("Stopping", "Stopped")
    job = until(stack, name, "Stopped")
    assert job["BillableTimeInSeconds"] > 0
    step = newest_step(stack, name)  # written when SIGTERM came
    wait_until(lambda: f"stopped at step {step}; no adapter was" in stack.log.read_text())
    assert keys(stack, f"out/{name}/output/model/") == []
    found = [one["detail"]["TrainingJobStatus"] for one in events_of(queue, name, "Stopped")]
    assert found[-4:] == ["Stopping", "Stopping", "Stopped", "Stopped"]
    assert stack.control("billing")["nothing_by_the_hour"]
    with pytest.raises(ClientError, match="is in status Stopped") as fault:
        stack.client("sagemaker").stop_training_job(TrainingJobName=name)
    assert code_of(fault) == "ValidationException"


def test_stop_when_starting_then_stopped_and_nothing_is_billed(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    stack.control("sagemaker/hold", {"held": True})
    name = start()
    stack.client("sagemaker").stop_training_job(TrainingJobName=name)
    job = until(stack, name, "Stopped")
    assert "TrainingStartTime" not in job


def test_stop_when_program_ignores_sigterm_then_killed(
    stack: LocalStack, start: Callable[..., str], role: str
) -> None:
    request = training(role)
    entry = [
        "bash",
        "-c",
        "trap '' TERM; echo begun > /opt/ml/checkpoints/begun; while :; do sleep 0.1; done",
    ]
    request["AlgorithmSpecification"] |= {"ContainerEntrypoint": entry, "ContainerArguments": ["-"]}
    name = start(**request)
    wait_for_file(stack, name, "begun")
    begun = time.monotonic()
    stack.client("sagemaker").stop_training_job(TrainingJobName=name)
    until(stack, name, "Stopped")
    assert time.monotonic() - begun > 0.9 * SETTINGS.kill_seconds
    assert keys(stack, f"checkpoints/{name}/") == ["begun"]


def test_job_when_max_runtime_passes_then_stopped_with_its_own_secondary_status(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    stack.control("simulation-settings", {"training_seconds": 60})
    name = start(StoppingCondition={"MaxRuntimeInSeconds": 1})
    job = until(stack, name, "Stopped")
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    other = start()
    until(stack, other, "InProgress", secondary="Training")
    stack.control("sagemaker/end-time", {"name": other})
    assert until(stack, other, "Stopped")["SecondaryStatus"] == "MaxRuntimeExceeded"


def test_delete_when_over_then_deleting_and_gone(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    sagemaker = stack.client("sagemaker")
    stack.control("sagemaker/hold", {"held": True})
    name = start()
    with pytest.raises(ClientError) as fault:
        sagemaker.delete_training_job(TrainingJobName=name)
    assert code_of(fault) == "ResourceInUse"
    stack.control("sagemaker/hold", {"held": False})
    until(stack, name, "Completed")
    stack.control("sagemaker/hold", {"held": True})
    sagemaker.delete_training_job(TrainingJobName=name)
    assert describe(stack, name)["TrainingJobStatus"] == "Deleting"
    stack.control("sagemaker/hold", {"held": False})
    wait_until(lambda: not stack.control("sagemaker")["jobs"])
    with pytest.raises(ClientError, match="Requested resource not found") as fault:
        describe(stack, name)
    assert code_of(fault) == "ValidationException"
    stack.control("simulation-settings", {"absent_job_error": "ResourceNotFound"})
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        describe(stack, name)


def test_list_when_filtered_then_newest_first_by_pages(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    mark = uuid.uuid4().hex[:8]
    names = [start(TrainingJobName=f"onmodel-{mark}-{number}") for number in range(3)]
    for name in names:
        until(stack, name, "Completed")
    pages = stack.client("sagemaker").get_paginator("list_training_jobs")
    found = [
        one["TrainingJobName"]
        for page in pages.paginate(NameContains=mark, PaginationConfig={"PageSize": 2})
        for one in page["TrainingJobSummaries"]
    ]
    assert found == names[::-1]
    listed = stack.client("sagemaker").list_training_jobs(NameContains=mark, StatusEquals="Failed")
    assert listed["TrainingJobSummaries"] == []


def test_tags_when_added_then_listed_with_those_of_the_start(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    sagemaker, name = stack.client("sagemaker"), start()
    arn = f"{PREFIX}/{name}"
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "onmodel:id", "Value": "7"}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "onmodel:stack", "Value": "onmodel"}, {"Key": "onmodel:id", "Value": "7"},
    ]  # fmt: skip
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["onmodel:stack"])
    assert [one["Key"] for one in sagemaker.list_tags(ResourceArn=arn)["Tags"]] == ["onmodel:id"]


def caller(stack: LocalStack, name: str, *statements: dict[str, Any]) -> Any:
    """A client with a role's rights."""
    arn = make_role(stack, name, "lambda.amazonaws.com", *statements)
    keys = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return boto3.client(
        "sagemaker", endpoint_url=stack.endpoint_url, region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )  # fmt: skip


OURS = f"{PREFIX}/onmodel-*"


@pytest.mark.parametrize(
    "lacking", ["sagemaker:CreateTrainingJob", "sagemaker:AddTags", "iam:PassRole"]
)
def test_create_when_caller_lacks_a_right_then_access_denied(
    stack: LocalStack, start: Callable[..., str], role: str, lacking: str
) -> None:
    rights = {
        "sagemaker:CreateTrainingJob": allow("sagemaker:CreateTrainingJob", OURS),
        "sagemaker:AddTags": allow("sagemaker:AddTags", OURS),
        "iam:PassRole": allow(
            "iam:PassRole", role,
            Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
    }  # fmt: skip
    name = lacking.replace(":", "-")
    with pytest.raises(ClientError, match=lacking) as fault:
        start(caller(stack, name, *(rights[one] for one in rights if one != lacking)))
    assert code_of(fault) == "AccessDeniedException"
    start(caller(stack, f"{name}-with", *rights.values()))


def test_rights_when_job_is_not_ours_then_access_denied(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    foreign = start(TrainingJobName=f"somebody-{uuid.uuid4().hex[:8]}")
    actions = ["sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"]
    client = caller(stack, "reader", allow(actions, OURS), allow("sagemaker:ListTrainingJobs", "*"))
    assert client.describe_training_job(TrainingJobName=start())["TrainingJobStatus"]
    assert client.list_training_jobs()["TrainingJobSummaries"]
    for call in (client.describe_training_job, client.stop_training_job):
        with pytest.raises(ClientError) as fault:
            call(TrainingJobName=foreign)
        assert code_of(fault) == "AccessDeniedException"


def test_job_when_role_may_not_write_outputs_then_failed(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    weak = make_role(
        stack, "weak", "sagemaker.amazonaws.com",
        allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*"),
        allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"),
    )  # fmt: skip
    job = until(stack, start(RoleArn=weak), "Failed")
    assert job["FailureReason"].startswith("ClientError: s3://studio/checkpoints/")


def test_job_when_network_is_isolated_then_no_credentials_in_its_environment(
    stack: LocalStack, start: Callable[..., str], role: str
) -> None:
    request = training(role)
    entry = ["bash", "-c", "env > /opt/ml/checkpoints/env"]
    request["AlgorithmSpecification"] |= {"ContainerEntrypoint": entry, "ContainerArguments": ["-"]}
    name = start(**request, Environment={"ANSWER": "42"})
    until(stack, name, "Completed")
    lines = read(stack, f"checkpoints/{name}/env").decode().splitlines()
    assert "ANSWER=42" in lines
    assert not [line for line in lines if line.startswith("AWS_")]
    request |= {"TrainingJobName": f"{name}-2", "EnableNetworkIsolation": False}
    request["CheckpointConfig"] = {"S3Uri": f"s3://{BUCKET}/checkpoints/{name}-2"}
    name = start(**request)
    until(stack, name, "Completed")
    assert (
        f"AWS_ENDPOINT_URL={stack.endpoint_url}" in read(stack, f"checkpoints/{name}/env").decode()
    )


def test_jobs_when_more_than_allowed_then_the_others_wait(
    stack: LocalStack, start: Callable[..., str]
) -> None:
    stack.control("simulation-settings", {"most_jobs": 1, "training_seconds": 600})
    first = start()
    until(stack, first, "InProgress", secondary="Training")
    stack.control("simulation-settings", {"training_seconds": SETTINGS.training_seconds})
    second = start()
    time.sleep(0.4)  # longer than a start takes
    assert describe(stack, second)["SecondaryStatus"] == "Starting"
    stack.client("sagemaker").stop_training_job(TrainingJobName=first)
    until(stack, first, "Stopped")
    until(stack, second, "Completed")


def test_controls_when_events_are_dropped_forged_or_a_job_forgotten_then_as_ordered(
    stack: LocalStack, start: Callable[..., str], queue: Queue
) -> None:
    stack.control("sagemaker/events", {"times": 0})
    name = start()
    until(stack, name, "Completed")
    stack.control("sagemaker/resend", {"name": name, "overrides": {"TrainingJobStatus": "Failed"}})
    stack.control("sagemaker/events", {"times": 1})
    stack.control("sagemaker/set", {"name": name, "status": "Failed", "message": "disk full"})
    found = events_of(queue, name, "Failed")
    assert [one["detail"].get("FailureReason") for one in found] == [None, "disk full"]
    assert describe(stack, name)["FailureReason"] == "disk full"
    stack.control("sagemaker/forget", {"name": name})
    with pytest.raises(ClientError):
        describe(stack, name)


def test_processes_when_stack_stops_then_none_is_left(start: Callable[..., str]) -> None:
    with LocalStack(settings=SimulationSettings(job_start_seconds=0)) as own:
        fill_bucket(own)
        role = make_role(
            own, "job", "sagemaker.amazonaws.com",
            allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"], "*"),
        )  # fmt: skip
        request = training(role)
        entry = [
            "bash",
            "-c",
            "trap '' TERM; echo $$ > /opt/ml/checkpoints/pid; while :; do sleep 1; done",
        ]
        request["AlgorithmSpecification"] |= {
            "ContainerEntrypoint": entry,
            "ContainerArguments": ["-"],
        }
        own.client("sagemaker").create_training_job(**request)
        (name,) = wait_until(lambda: keys(own, "checkpoints/"))
        pid = int(wait_until(lambda: read(own, f"checkpoints/{name}")))
        os.kill(pid, 0)
    wait_until(lambda: not Path(f"/proc/{pid}").exists())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)

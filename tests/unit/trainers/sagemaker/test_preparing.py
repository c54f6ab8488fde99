from __future__ import annotations

from typing import Any

import pytest
from fakes.sagemaker_control_plane import SageMakerControlPlane

from onmodel.contracts.trainings import TrainingStatus
from onmodel.contracts.weights import REVISION, weights_prefix
from onmodel.errors import Throttled, TrainingImpossible
from onmodel.money.pricebook import PriceBook, estimate
from onmodel.money.quotes import used
from onmodel.trainers.sagemaker.names import SageMakerNames
from onmodel.trainers.sagemaker.preparing import Preparations, program, work

ROLE = "arn:aws:iam::123456789012:role/onmodel-prepare"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2"
NAMES = SageMakerNames("onmodel", "studio")
ARGUMENTS = program("studio", IMAGE, "trainers/sagemaker/wheels/w/")


@pytest.fixture
def preparations(client: Any) -> Preparations:
    return Preparations(client, NAMES, bucket="studio", role_arn=ROLE, image=IMAGE)


def test_start_when_asked_then_a_job_with_a_network_that_ends_by_itself(
    preparations: Preparations, plane: SageMakerControlPlane
) -> None:
    ref = preparations.start("first", "trainers/sagemaker/code/c/", ARGUMENTS)
    ((name, job),) = plane.jobs.items()
    assert ref == job["TrainingJobArn"]
    assert NAMES.kind(name) == "prepare"
    assert job["EnableNetworkIsolation"] is False
    assert job["StoppingCondition"] == {
        "MaxRuntimeInSeconds": 7200, "MaxPendingTimeInSeconds": 1800,
    }  # fmt: skip
    assert job["RoleArn"] == ROLE
    assert [one["ChannelName"] for one in job["InputDataConfig"]] == ["code"]
    assert "KeepAlivePeriodInSeconds" not in job["ResourceConfig"]
    arguments = job["AlgorithmSpecification"]["ContainerArguments"]
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert (given["--revision"], given["--weights-prefix"]) == (REVISION, weights_prefix())
    assert {"Key": "onmodel:kind", "Value": "prepare"} in plane.tags[name]


def test_running_when_one_is_started_then_found_until_it_is_over(
    preparations: Preparations, plane: SageMakerControlPlane
) -> None:
    assert preparations.running() is None
    ref = preparations.start("first", "c/", ARGUMENTS)
    assert preparations.running() == ref
    plane.end(ref.rsplit("/", 1)[-1], "Completed")
    assert preparations.running() is None


def test_describe_when_it_failed_then_its_own_sentence_and_what_was_billed(
    preparations: Preparations, plane: SageMakerControlPlane
) -> None:
    ref = preparations.start("first", "c/", ARGUMENTS)
    plane.end(
        ref.rsplit("/", 1)[-1],
        "Failed",
        "AlgorithmError: vae/b is not the file that the hub declares, exit code: 1",
        seconds=1800,
    )
    found = preparations.describe(ref)
    assert found.status == TrainingStatus.FAILED
    assert found.reason == "vae/b is not the file that the hub declares"
    assert [(use.item, use.paid) for use in found.usage] == [
        ("sagemaker.ml.m5.large-training-hour", 0.5)
    ]


def test_start_when_a_limit_is_reached_then_refused_and_throttled_is_raised(
    preparations: Preparations, plane: SageMakerControlPlane
) -> None:
    plane.fault("CreateTrainingJob", "ResourceLimitExceeded")
    with pytest.raises(TrainingImpossible, match="SageMaker refuses the job"):
        preparations.start("first", "c/", ARGUMENTS)
    plane.fault("CreateTrainingJob", *["ThrottlingException"])
    with pytest.raises(Throttled):
        preparations.start("second", "c/", ARGUMENTS)
    assert plane.jobs == {}


def test_work_when_quoted_then_the_job_and_a_month_of_storage() -> None:
    book = PriceBook.load()
    bill = estimate(used(work(), book), book)
    lines = {line.item: round(float(line.usd or 0), 2) for line in bill.lines}
    assert lines == {
        "s3.storage-gb-month": 0.37, "sagemaker.ml.m5.xlarge-training-hour": 0.17,
    }  # fmt: skip

"""The job that fills the studio bucket with the base model and the packages of later jobs.

The only one with a network. It needs no GPU, but the image of the others: pip chooses there what
that image lacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from onmodel.adapters.faults import code_of, translated
from onmodel.contracts.base import Usage
from onmodel.contracts.sagemaker import JobKind, instance_item
from onmodel.contracts.trainings import TrainingStatus, Work
from onmodel.contracts.weights import BASE_MODEL, REVISION, WEIGHTS_BYTES, weights_prefix
from onmodel.errors import TrainingImpossible
from onmodel.trainers.sagemaker.jobs import (
    CODE,
    REFUSALS,
    STATUSES,
    channel,
    reason_of,
    usage_of,
)
from onmodel.trainers.sagemaker.limits import STORAGE_ITEM
from onmodel.trainers.sagemaker.names import SageMakerNames

KIND: JobKind = "prepare"

TAG = "trainers"
"""Instead of a production's name: it is for all of them."""

OUTPUT_PREFIX = "trainers/sagemaker/prepare/"
"""SageMaker asks for one; the job leaves nothing there."""

INSTANCES = ("ml.m5.xlarge", "ml.m5.large", "ml.c5.xlarge")
"""Without a GPU; their quotas are rarely 0. The first that has capacity is used."""

EXPECTED_HOURS = 0.75
"""The image is 10 GB, the weights 16: half an hour at 30 MB/s, and some for the start."""

LONGEST_SECONDS = 7_200
PENDING_SECONDS = 1_800  # SageMaker's least
VOLUME_GB = 50  # one file at a time, of 8 GB at most, beside the image


@dataclass(frozen=True)
class Preparation:
    """A job's state now."""

    ref: str
    status: TrainingStatus
    phase: str
    reason: str | None
    usage: tuple[Usage, ...]


class Preparations:
    """Starts and describes the job.

    Args:
        client: of sagemaker.
        names: of the stack.
        bucket: the studio bucket.
        role_arn: the role of this job alone.
        image: the training image.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - a client of boto3
        names: SageMakerNames,
        *,
        bucket: str,
        role_arn: str,
        image: str,
    ) -> None:
        self._client = client
        self._names = names
        self._bucket = bucket
        self._role_arn = role_arn
        self._image = image

    def start(self, attempt: str, code_prefix: str, arguments: tuple[str, ...] = ()) -> str:
        """The job's ARN.

        Args:
            attempt: another one for each command: a name that a job had is never free again.
            code_prefix: of trainer/ in the bucket.
            arguments: further ones of trainer/prepare.py.

        Raises:
            TrainingImpossible: SageMaker refuses it.
        """
        name = self._names.of(KIND, TAG, attempt)
        request = self._request(name, attempt, code_prefix, arguments)
        with translated():
            try:
                return str(self._client.create_training_job(**request)["TrainingJobArn"])
            except ClientError as fault:
                if code_of(fault) in REFUSALS:
                    message = fault.response["Error"].get("Message", "no reason")
                    raise TrainingImpossible(
                        f"SageMaker refuses the job: {message}",
                        "Ask for the quota, or use --from and --wheels-from",
                    ) from fault
                raise

    def _request(
        self, name: str, attempt: str, code_prefix: str, arguments: tuple[str, ...]
    ) -> dict[str, Any]:
        folder = f"s3://{self._bucket}/"
        return {
            "TrainingJobName": name,
            "RoleArn": self._role_arn,
            "AlgorithmSpecification": {
                "TrainingImage": self._image,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python", f"{CODE}/prepare.py"],
                "ContainerArguments": list(arguments),
            },
            "InputDataConfig": [channel("code", f"{folder}{code_prefix}")],
            "OutputDataConfig": {
                "S3OutputPath": f"{folder}{OUTPUT_PREFIX}", "CompressionType": "NONE",
            },
            "ResourceConfig": {
                "InstanceCount": 1,
                "VolumeSizeInGB": VOLUME_GB,
                "InstancePreferences": [{"InstanceType": one} for one in INSTANCES],
            },
            "StoppingCondition": {
                "MaxRuntimeInSeconds": LONGEST_SECONDS,
                "MaxPendingTimeInSeconds": PENDING_SECONDS,
            },
            "EnableNetworkIsolation": False,  # it fetches; a job that trains or draws never does
            "Tags": self._names.tags(KIND, TAG, attempt),
        }  # fmt: skip

    def running(self) -> str | None:
        """The ARN of a preparation of this stack that is not over."""
        pages = self._client.get_paginator("list_training_jobs")
        needle = self._names.prefix.rstrip("-")
        with translated():
            for page in pages.paginate(StatusEquals="InProgress", NameContains=needle):
                for job in page["TrainingJobSummaries"]:
                    if self._names.kind(job["TrainingJobName"]) == KIND:
                        return str(job["TrainingJobArn"])
        return None

    def stop(self, ref: str) -> None:
        """Ask a job that runs to stop."""
        with translated():
            self._client.stop_training_job(TrainingJobName=ref.rsplit("/", 1)[-1])

    def describe(self, ref: str) -> Preparation:
        """The state now."""
        with translated():
            found = self._client.describe_training_job(TrainingJobName=ref.rsplit("/", 1)[-1])
        return Preparation(
            ref=ref,
            status=STATUSES[found["TrainingJobStatus"]],
            phase=found.get("SecondaryStatus", ""),
            reason=reason_of(found),
            usage=usage_of(found),
        )


def program(bucket: str, image: str, wheels: str) -> tuple[str, ...]:
    """The arguments of trainer/prepare.py.

    Args:
        bucket: the studio bucket.
        image: the training image.
        wheels: the prefix of the packages.
    """
    return (
        "--bucket", bucket, "--model", BASE_MODEL, "--revision", REVISION,
        "--weights-prefix", weights_prefix(), "--wheels-prefix", wheels, "--image", image,
    )  # fmt: skip


def work() -> Work:
    """What a preparation uses, and what keeping the weights for a month uses."""
    return Work(
        usage=(Usage(item=STORAGE_ITEM, paid=WEIGHTS_BYTES / 1e9),),
        either=tuple(Usage(item=instance_item(one), paid=EXPECTED_HOURS) for one in INSTANCES),
        assumptions=(
            f"about {EXPECTED_HOURS * 60:.0f} min of the dearest of {', '.join(INSTANCES)}",
            f"the job ends by itself after {LONGEST_SECONDS / 3600:.0f} h at the latest",
            f"{WEIGHTS_BYTES / 1e9:.0f} GB kept for one month, and again for each further one",
        ),
    )

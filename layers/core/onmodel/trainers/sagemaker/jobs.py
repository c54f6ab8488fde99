"""Training jobs of SageMaker: started once by their name, described, stopped, listed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from onmodel.adapters.faults import code_of, translated
from onmodel.contracts.base import Usage
from onmodel.contracts.keys import digest
from onmodel.contracts.operations import OurResource, ResourceKind
from onmodel.contracts.sagemaker import JobKind
from onmodel.contracts.trainings import TrainingStatus
from onmodel.errors import TrainingImpossible
from onmodel.trainers.sagemaker import limits
from onmodel.trainers.sagemaker.billing import billed
from onmodel.trainers.sagemaker.names import SageMakerNames

STATUSES = {
    "InProgress": TrainingStatus.IN_PROGRESS,
    "Completed": TrainingStatus.COMPLETED,
    "Failed": TrainingStatus.FAILED,
    "Stopping": TrainingStatus.STOPPING,
    "Stopped": TrainingStatus.STOPPED,
    "Deleting": TrainingStatus.GONE,
}

WHY_STOPPED = {
    "MaxRuntimeExceeded": "It ran for as long as it may, and SageMaker ended it",
    "MaxWaitTimeExceeded": "No instance was free for as long as it may wait",
}

UNKNOWN = frozenset({"ResourceNotFound", "ValidationException"})
"""Codes of the answer about a job that does not exist."""

REFUSALS = frozenset(
    {"AccessDeniedException", "ResourceLimitExceeded", "ResourceNotFound", "ValidationException"}
)
"""What only a person can change: rights, quotas, missing files, an invalid request."""

RESOURCE_KINDS: Mapping[JobKind, ResourceKind] = {
    "training": ResourceKind.TRAINING,
    "drawing": ResourceKind.DRAWING,
    "prepare": ResourceKind.PREPARATION,
}

CONTENTS = "contents"
"""Name of the hyperparameter that tells two jobs of one name apart."""

CODE = "/opt/ml/input/data/code"

REASON = re.compile(r"^AlgorithmError: (?P<ours>.*?)(?:, exit code: \d+)?$", re.DOTALL)


@dataclass(frozen=True)
class JobSpec:
    """What one job is to do.

    Args:
        kind: training or drawing.
        production: of the tags and the name.
        id_: likewise.
        program: train.py or draw.py, with its arguments.
        channels: S3 URIs of prefixes, by the channel's name.
        folder: S3 URI under which output is written, ending in a slash.
        checkpoints: S3 URI of what a job resumes from, ending in a slash.
        instances: the preferred one first.
        longest_seconds: after which SageMaker ends it.
    """

    kind: JobKind
    production: str
    id_: str
    program: tuple[str, ...]
    channels: Mapping[str, str]
    folder: str
    checkpoints: str
    instances: tuple[str, ...]
    longest_seconds: int
    contents: str

    @property
    def output(self) -> str:
        return f"{self.folder}output/"


class SageMakerJobs:
    """The jobs of one stack.

    Args:
        client: of sagemaker.
        names: of the stack.
        role_arn: the role that a job reads and writes with.
        image: the container image.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - a client of boto3
        names: SageMakerNames,
        *,
        role_arn: str,
        image: str,
    ) -> None:
        self._client = client
        self._names = names
        self._role_arn = role_arn
        self._image = image

    def start(self, job: JobSpec) -> str:
        """The job's ARN; the same one when it was started before.

        Raises:
            TrainingImpossible: SageMaker refuses it, or a job of this name does something else.
        """
        name = self._names.of(job.kind, job.production, job.id_)
        with translated():
            try:
                return str(
                    self._client.create_training_job(**self._request(name, job))["TrainingJobArn"]
                )
            except ClientError as fault:
                if code_of(fault) == "ResourceInUse":
                    return self._same(name, job)
                if code_of(fault) in REFUSALS:
                    raise _refused(name, fault) from fault
                raise

    def _same(self, name: str, job: JobSpec) -> str:
        """The job that has this name, when it was made of the same."""
        found = self._client.describe_training_job(TrainingJobName=name)
        if found.get("HyperParameters", {}).get(CONTENTS) != _digest(job):
            raise TrainingImpossible(
                f"a job {name} exists and was made of something else",
                "Delete that job in the SageMaker console, then try again",
            )
        return str(found["TrainingJobArn"])

    def _request(self, name: str, job: JobSpec) -> dict[str, Any]:
        return {
            "TrainingJobName": name,
            "RoleArn": self._role_arn,
            "AlgorithmSpecification": {
                "TrainingImage": self._image,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["bash", f"{CODE}/start.sh"],
                "ContainerArguments": list(job.program),
            },
            "HyperParameters": {CONTENTS: _digest(job)},
            "InputDataConfig": [channel(*each) for each in job.channels.items()],
            "OutputDataConfig": {"S3OutputPath": job.output, "CompressionType": "NONE"},
            "CheckpointConfig": {"S3Uri": job.checkpoints},
            "ResourceConfig": {
                "InstanceCount": 1,
                "VolumeSizeInGB": limits.VOLUME_GB,
                "InstancePreferences": [{"InstanceType": each} for each in job.instances],
            },
            "StoppingCondition": {
                "MaxRuntimeInSeconds": job.longest_seconds,
                "MaxPendingTimeInSeconds": limits.PENDING_SECONDS,
            },
            "EnableNetworkIsolation": True,
            "Tags": self._names.tags(job.kind, job.production, job.id_),
        }

    def find(self, kind: JobKind, production: str, id_: str) -> str | None:
        """The ARN of a job that was started."""
        found = self.describe(self._names.of(kind, production, id_))
        return None if found is None else str(found["TrainingJobArn"])

    def describe(self, ref: str) -> dict[str, Any] | None:
        """DescribeTrainingJob's answer by name or ARN; None for a job that does not exist."""
        with translated():
            try:
                found = self._client.describe_training_job(TrainingJobName=ref.rsplit("/", 1)[-1])
            except ClientError as fault:
                if code_of(fault) in UNKNOWN:
                    return None
                raise
        return dict(found)

    def stop(self, ref: str) -> None:
        """Ask it to stop; succeeds when it is over or unknown."""
        found = self.describe(ref)
        if found is None or found["TrainingJobStatus"] != "InProgress":
            return
        with translated():
            try:
                self._client.stop_training_job(TrainingJobName=found["TrainingJobName"])
            except ClientError:  # it may have ended between the two calls
                now = self.describe(ref)
                if now is not None and now["TrainingJobStatus"] == "InProgress":
                    raise

    def running(self) -> Iterator[OurResource]:
        """Every job of this stack that is not over, by its name."""
        pages = self._client.get_paginator("list_training_jobs")
        with translated():
            for status in ("InProgress", "Stopping"):
                for page in pages.paginate(StatusEquals=status, NameContains=self._needle):
                    for item in page["TrainingJobSummaries"]:
                        if kind := self._names.kind(item["TrainingJobName"]):
                            yield _listed(item, kind)

    @property
    def _needle(self) -> str:
        """For NameContains, whose pattern allows no hyphen at the end."""
        return self._names.prefix.rstrip("-")


def reason_of(found: Mapping[str, Any]) -> str | None:
    """Why it failed or was stopped: trainer/'s own sentence where there is one."""
    reason = found.get("FailureReason")
    if not reason:
        return WHY_STOPPED.get(found.get("SecondaryStatus", ""))
    ours = REASON.match(reason)
    return (ours["ours"] if ours else reason).strip()


def usage_of(found: Mapping[str, Any]) -> tuple[Usage, ...]:
    """What was billed for a job that is over; nothing when it never had an instance."""
    seconds = int(found.get("BillableTimeInSeconds") or 0)
    resources = found.get("ResourceConfig", {})
    instance = resources.get("SelectedInstanceType") or resources.get("InstanceType")
    if not seconds or not instance or not STATUSES[found["TrainingJobStatus"]].is_over:
        return ()
    return billed(instance, seconds)


def _listed(item: Mapping[str, Any], kind: JobKind) -> OurResource:
    return OurResource(
        kind=RESOURCE_KINDS[kind],
        ref=item["TrainingJobArn"],
        name=item["TrainingJobName"],
        status=item["TrainingJobStatus"],
        billing="work",
        created_at=item["CreationTime"],
    )


def channel(name: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def _digest(job: JobSpec) -> str:
    """Of what a job is made of; not of where and how long it may run, which settings change."""
    return digest(
        {
            "contents": job.contents,
            "channels": {
                name: uri for name, uri in job.channels.items() if name not in {"code", "wheels"}
            },
            "folder": job.folder,
        },
        32,
    )


def _refused(name: str, fault: ClientError) -> TrainingImpossible:
    if code_of(fault) == "ResourceLimitExceeded":
        return TrainingImpossible(
            f"this account may not use an instance for {name}: {fault}",
            "Ask in Service Quotas for one instance for training job usage, of the type that is"
            " named",
        )
    return TrainingImpossible(
        f"SageMaker refuses the job {name}: {fault}",
        "Change what it names and start again; `onmodel doctor` says what is missing",
    )

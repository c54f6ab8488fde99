"""A job as DescribeTrainingJob, ListTrainingJobs and its events show it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from onmodel_local.standins.sagemaker.records import FAILED, OVER, TrainingJob

_ECHOED = (
    "HyperParameters", "AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig",
    "StoppingCondition", "CheckpointConfig", "Environment", "RetryStrategy",
)  # fmt: skip


def description(job: TrainingJob, time_scale: float) -> dict[str, Any]:
    """The answer of DescribeTrainingJob.

    Args:
        job: the job.
        time_scale: seconds on AWS that a second here stands for.
    """
    request = job.request
    answer: dict[str, Any] = {
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "ModelArtifacts": {"S3ModelArtifacts": job.artifacts},
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.secondary,
        "FailureReason": job.failure,
        "ResourceConfig": _resources(job),
        "CreationTime": job.created,
        "TrainingStartTime": job.begun,
        "TrainingEndTime": job.ended,
        "LastModifiedTime": job.modified,
        "SecondaryStatusTransitions": [
            _filled({
                "Status": one.status, "StartTime": one.started, "EndTime": one.ended,
                "StatusMessage": one.message,
            })
            for one in job.transitions
        ],
        "EnableNetworkIsolation": request.get("EnableNetworkIsolation", False),
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": False,
        "ProfilingStatus": "Disabled",
    }  # fmt: skip
    answer |= {name: request[name] for name in _ECHOED if name in request}
    if job.begun and job.ended:
        seconds = max(1, round((job.ended - job.begun).total_seconds() * time_scale))
        answer |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
    return _filled(answer)


def summary(job: TrainingJob) -> dict[str, Any]:
    """One of ListTrainingJobs."""
    return _filled(
        {
            "TrainingJobName": job.name,
            "TrainingJobArn": job.arn,
            "CreationTime": job.created,
            "TrainingEndTime": job.ended,
            "LastModifiedTime": job.modified,
            "TrainingJobStatus": job.status,
            "SecondaryStatus": job.secondary,
        }
    )


def event_detail(job: TrainingJob) -> dict[str, Any]:
    """`detail` of "SageMaker Training Job State Change"; times are epoch milliseconds as texts."""
    request = job.request
    detail: dict[str, Any] = {
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.secondary,
        "FailureReason": job.failure if job.status == FAILED else None,
        "HyperParameters": request.get("HyperParameters", {}),
        "AlgorithmSpecification": request["AlgorithmSpecification"],
        "RoleArn": request["RoleArn"],
        "InputDataConfig": request.get("InputDataConfig", []),
        "OutputDataConfig": request["OutputDataConfig"],
        "ResourceConfig": _resources(job),
        "StoppingCondition": request["StoppingCondition"],
        "CheckpointConfig": request.get("CheckpointConfig"),
        "EnableNetworkIsolation": request.get("EnableNetworkIsolation", False),
        "ModelArtifacts": {"S3ModelArtifacts": job.artifacts},
        "CreationTime": _milliseconds(job.created),
        "TrainingStartTime": _milliseconds(job.begun),
        "TrainingEndTime": _milliseconds(job.ended) if job.status in OVER else None,
        "LastModifiedTime": _milliseconds(job.modified),
        "SecondaryStatusTransitions": [
            _filled({
                "Status": one.status, "StartTime": _milliseconds(one.started),
                "EndTime": _milliseconds(one.ended), "StatusMessage": one.message,
            })
            for one in job.transitions
        ],
        "Tags": job.tags,
    }  # fmt: skip
    return _filled(detail)


def _resources(job: TrainingJob) -> dict[str, Any]:
    resources = dict(job.request["ResourceConfig"])
    if job.instance_type and "InstancePreferences" in resources:
        resources |= {"SelectedInstanceType": job.instance_type, "SelectedInstanceCount": 1}
    return resources


def _milliseconds(moment: datetime | None) -> str | None:
    return None if moment is None else str(round(moment.timestamp() * 1000))


def _filled(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}

"""The operations on training jobs and their tags."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.aws_services import AwsServices
from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.sagemaker.admission import (
    check_request,
    check_training_job_access,
    quota_type,
    refused,
)
from onmodel_local.standins.sagemaker.answers import description, summary
from onmodel_local.standins.sagemaker.events import TrainingJobEvents
from onmodel_local.standins.sagemaker.lifecycle import Lifecycle
from onmodel_local.standins.sagemaker.records import (
    DELETING,
    OVER,
    STOPPING,
    JobLedger,
    TrainingJob,
)
from onmodel_local.standins.service import Operation, Tags

MOST_TAGS = 50
_SORT = {
    "Name": lambda job: job.name,
    "CreationTime": lambda job: job.created,
    "Status": lambda job: job.status,
}


class TrainingJobs:
    def __init__(
        self,
        ledger: JobLedger,
        settings: SimulationSettings,
        aws: AwsServices,
        events: TrainingJobEvents,
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._aws = aws
        self._lifecycle = Lifecycle(ledger, settings, aws, events)

    def operations(self) -> dict[str, Operation]:
        return {
            "CreateTrainingJob": self.create,
            "DescribeTrainingJob": self.describe,
            "StopTrainingJob": self.stop,
            "DeleteTrainingJob": self.delete,
            "ListTrainingJobs": self.listed,
            "AddTags": self.add_tags,
            "ListTags": self.tags,
            "DeleteTags": self.delete_tags,
        }

    async def create(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request(request)
        name = request["TrainingJobName"]
        arn = f"arn:aws:sagemaker:{self._aws.region}:{self._aws.account}:training-job/{name}"
        # reading S3 goes through the emulator's own HTTP server, so not on its event loop
        await asyncio.to_thread(check_training_job_access, self._aws, request, arn)
        with self._ledger.lock:
            if name in self._ledger.jobs:
                raise ServiceFault(
                    "ResourceInUse",
                    "Job name must be unique within an AWS account and region, and a job with this"
                    f" name already exists ({arn})",
                )
            tags = {tag["Key"]: tag["Value"] for tag in request.pop("Tags", ())}
            job = TrainingJob(arn, request, tags)
            used = {one: self._ledger.used(one) for one in job.instance_types}
            job.quota_type = quota_type(job.instance_types, self._settings.training_quota, used)
            job.patience.held = self._ledger.held
            if self._ledger.troubles:
                job.trouble = self._ledger.troubles.pop(0)
            job.at(job.status, job.secondary)
            self._ledger.jobs[name] = job
        self._lifecycle.begin(job)
        return {"TrainingJobArn": arn}

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._ledger.lock:
            return description(
                self._found(request["TrainingJobName"]), self._settings.job_time_scale
            )

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._ledger.lock:
            job = self._found(request["TrainingJobName"])
            if not job.is_live:
                raise refused(
                    f"The request was rejected because the training job is in status {job.status}."
                )
            self._lifecycle.enter(job, STOPPING, STOPPING)
            job.stop_asked = True
        return {}

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._ledger.lock:
            job = self._found(request["TrainingJobName"])
            if job.status not in OVER:
                raise ServiceFault(
                    "ResourceInUse", f"The training job is {job.status}: stop it before"
                )
            job.status = DELETING
        threading.Thread(target=self._delete, args=(job,), daemon=True).start()
        return {}

    def _delete(self, job: TrainingJob) -> None:
        job.patience.wait(self._settings.stopping_seconds, lambda: self._ledger.has(job))
        with self._ledger.lock:
            if self._ledger.has(job):
                del self._ledger.jobs[job.name]

    def listed(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._ledger.lock:
            found = [job for job in self._ledger.jobs.values() if _fits(job, request)]
            found.sort(
                key=_SORT[request.get("SortBy", "CreationTime")],
                reverse=request.get("SortOrder", "Descending") == "Descending",
            )
            start, size = int(request.get("NextToken") or 0), request.get("MaxResults", 10)
            answer: dict[str, Any] = {
                "TrainingJobSummaries": [summary(job) for job in found[start : start + size]]
            }
        if start + size < len(found):
            answer["NextToken"] = str(start + size)
        return answer

    # ── tags ─────────────────────────────────────────────────────────────────────────────────────

    def add_tags(self, request: dict[str, Any]) -> dict[str, Any]:
        tags = self._tags_of(request["ResourceArn"])
        merged = tags | {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        if len(merged) > MOST_TAGS:
            raise refused(f"More than {MOST_TAGS} tags")
        tags.update(merged)
        return {"Tags": _listed(tags)}

    def tags(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"Tags": _listed(self._tags_of(request["ResourceArn"]))}

    def delete_tags(self, request: dict[str, Any]) -> dict[str, Any]:
        tags = self._tags_of(request["ResourceArn"])
        for key in request["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _tags_of(self, arn: str) -> Tags:
        return self._found(arn).tags

    def _found(self, name_or_arn: str) -> TrainingJob:
        job = self._ledger.job(name_or_arn)
        if job is None:
            raise ServiceFault(self._settings.absent_job_error, "Requested resource not found.")
        return job


def _fits(job: TrainingJob, request: dict[str, Any]) -> bool:
    return (
        request.get("NameContains", "") in job.name
        and request.get("StatusEquals", job.status) == job.status
        and job.created >= request.get("CreationTimeAfter", job.created)
        and job.created <= request.get("CreationTimeBefore", job.created)
        and job.modified >= request.get("LastModifiedTimeAfter", job.modified)
        and job.modified <= request.get("LastModifiedTimeBefore", job.modified)
    )


def _listed(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]

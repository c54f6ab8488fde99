"""SageMaker's training jobs in memory, behind a real client of boto3.

Requests and answers are checked against botocore's own model of the service: shapes, lengths and
patterns. States move only when a test moves them.
"""

from __future__ import annotations

import re
from typing import Any

from fakes.bedrock_control_plane import check, refused
from fakes.clock import FixedClock

from onmodel.ports.machines import Clock

ACCOUNT = "123456789012"
REGION = "us-east-1"

Shape = dict[str, Any]


class SageMakerControlPlane:
    """The jobs of one account and region."""

    def __init__(self, client: Any, clock: Clock | None = None) -> None:
        self.clock = clock or FixedClock()
        self.jobs: dict[str, Shape] = {}
        self.tags: dict[str, list[Shape]] = {}
        self.faults: dict[str, list[str]] = {}  # operation → codes of the next calls
        self.lost: set[str] = set()  # operations whose next answer is lost after they worked
        self.calls: list[str] = []
        self._model = client.meta.service_model
        client._make_api_call = self._answer

    def fault(self, operation: str, *codes: str) -> None:
        self.faults.setdefault(operation, []).extend(codes)

    def end(
        self,
        name: str,
        status: str,
        reason: str | None = None,
        *,
        secondary: str | None = None,
        seconds: int = 1200,
    ) -> None:
        """Move a job to an end, or to Stopping, after `seconds` on its second instance."""
        job = self.jobs[name]
        job.update(
            TrainingJobStatus=status,
            SecondaryStatus=secondary or status,
            TrainingEndTime=self.clock(),
            BillableTimeInSeconds=seconds,
        )
        if reason:
            job["FailureReason"] = reason
        preferred = job["ResourceConfig"]["InstancePreferences"]
        chosen = preferred[min(1, len(preferred) - 1)]["InstanceType"]
        job["ResourceConfig"]["SelectedInstanceType"] = chosen

    def _answer(self, operation: str, params: Shape) -> Shape:
        model = self._model.operation_model(operation)
        check(params, model.input_shape)
        self.calls.append(operation)
        if self.faults.get(operation):
            raise refused(self.faults[operation].pop(0), operation)
        handler = getattr(self, f"_{re.sub(r'(?<!^)(?=[A-Z])', '_', operation).lower()}")
        answer = handler(params) or {}
        if operation in self.lost:
            self.lost.remove(operation)
            raise refused("InternalServerException", operation)
        if model.output_shape:
            check(answer, model.output_shape)
        return dict(answer)

    def _create_training_job(self, ask: Shape) -> Shape:
        name = ask["TrainingJobName"]
        if name in self.jobs:
            raise refused("ResourceInUse", "CreateTrainingJob")
        arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}"
        output = ask["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        self.jobs[name] = {
            **{key: value for key, value in ask.items() if key != "Tags"},
            "TrainingJobArn": arn,
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Starting",
            "ModelArtifacts": {"S3ModelArtifacts": f"{output}/{name}/output/model"},
            "CreationTime": self.clock(),
        }
        self.tags[name] = ask["Tags"]
        return {"TrainingJobArn": arn}

    def _describe_training_job(self, ask: Shape) -> Shape:
        return self._job(ask, "DescribeTrainingJob")

    def _stop_training_job(self, ask: Shape) -> None:
        self._job(ask, "StopTrainingJob").update(
            TrainingJobStatus="Stopping", SecondaryStatus="Stopping"
        )

    def _list_training_jobs(self, ask: Shape) -> Shape:
        return {
            "TrainingJobSummaries": [
                {
                    key: job[key]
                    for key in (
                        "TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "CreationTime"
                    )
                }
                for job in self.jobs.values()
                if job["TrainingJobStatus"] == ask["StatusEquals"]
                and ask["NameContains"] in job["TrainingJobName"]
            ]
        }  # fmt: skip

    def _job(self, ask: Shape, operation: str) -> Shape:
        """SageMaker answers ValidationException for a job that does not exist."""
        if ask["TrainingJobName"] not in self.jobs:
            raise refused("ValidationException", operation)
        return self.jobs[ask["TrainingJobName"]]

"""Customization jobs and the models that they make."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from onmodel.adapters.faults import code_of, translated
from onmodel.contracts.trainings import LossPoint, TrainingSpec, TrainingState, TrainingStatus
from onmodel.errors import AnswerRefused, NotFound, TrainingImpossible
from onmodel.trainers.bedrock.hyperparameters import as_texts
from onmodel.trainers.bedrock.names import BedrockNames

if TYPE_CHECKING:
    from mypy_boto3_bedrock.client import BedrockClient
    from mypy_boto3_bedrock.type_defs import GetModelCustomizationJobResponseTypeDef

STATUSES = {
    "InProgress": TrainingStatus.IN_PROGRESS,
    "Completed": TrainingStatus.COMPLETED,
    "Failed": TrainingStatus.FAILED,
    "Stopping": TrainingStatus.STOPPING,
    "Stopped": TrainingStatus.STOPPED,
}
# What only a person can change: rights, quotas, a model that was ended, an invalid request.
REFUSALS = frozenset(
    {
        "AccessDeniedException",
        "ResourceNotFoundException",
        "ServiceQuotaExceededException",
        "TooManyTagsException",
        "ValidationException",
    }
)
METRICS = "training_artifacts/step_wise_training_metrics.csv"


class BedrockJobs:
    def __init__(
        self, client: BedrockClient, names: BedrockNames, *, base_model: str, role_arn: str
    ) -> None:
        self._client = client
        self._names = names
        self._base_model = base_model
        self._role_arn = role_arn

    def start(self, spec: TrainingSpec) -> str:
        name = self._names.of(spec.production, spec.training_id)
        if (running := self.find(spec.production, spec.training_id)) is not None:
            return running
        with translated():
            try:
                return self._client.create_model_customization_job(**self._request(name, spec))[
                    "jobArn"
                ]
            except ClientError as fault:
                if code_of(fault) in REFUSALS:
                    raise TrainingImpossible(
                        f"Bedrock refuses to train {name}: {fault}",
                        "Change what it names and start the training again",
                    ) from fault
                # The name may be used by an earlier attempt whose answer was lost.
                winner = self.find(spec.production, spec.training_id)
                if code_of(fault) != "ConflictException" or winner is None:
                    raise
                return winner

    def _request(self, name: str, spec: TrainingSpec) -> Any:  # noqa: ANN401 - a TypedDict
        tags = self._names.tags(spec.production, spec.training_id)
        return {
            "jobName": name,
            "customModelName": name,
            "roleArn": self._role_arn,
            "clientRequestToken": self._names.token(spec.production, spec.training_id, "training"),
            "baseModelIdentifier": self._base_model,
            "customizationType": "FINE_TUNING",
            "jobTags": tags,
            "customModelTags": tags,
            "trainingDataConfig": {"s3Uri": spec.manifest_uri},
            "outputDataConfig": {"s3Uri": spec.output_uri},
            "hyperParameters": as_texts(spec.hyperparameters),
        }

    def find(self, production: str, training_id: str) -> str | None:
        """A job by its exact name: `nameContains` also returns other jobs."""
        name = self._names.of(production, training_id)
        pages = self._client.get_paginator("list_model_customization_jobs")
        with translated():
            for page in pages.paginate(nameContains=name):
                for job in page["modelCustomizationJobSummaries"]:
                    if job["jobName"] == name:
                        return job["jobArn"]
        return None

    def describe(self, training_ref: str) -> TrainingState:
        try:
            with translated():
                job = self._client.get_model_customization_job(jobIdentifier=training_ref)
        except NotFound:
            return TrainingState(training_ref=training_ref, status=TrainingStatus.GONE)
        return TrainingState(
            training_ref=training_ref,
            status=STATUSES[job["status"]],
            name=job["jobName"],
            reason=job.get("failureMessage"),
            model_ref=job.get("outputModelArn"),
            metrics_ref=metrics_uri(job) if job["status"] == "Completed" else None,
            created_at=job["creationTime"],
            ended_at=job.get("endTime"),
        )

    def stop(self, training_ref: str) -> None:
        if self.describe(training_ref).status != TrainingStatus.IN_PROGRESS:
            return
        with translated():
            try:
                self._client.stop_model_customization_job(jobIdentifier=training_ref)
            except ClientError:  # it may have ended between the two calls
                if self.describe(training_ref).status == TrainingStatus.IN_PROGRESS:
                    raise

    def delete_model(self, model_ref: str) -> None:
        try:
            with translated():
                self._client.delete_custom_model(modelIdentifier=model_ref)
        except NotFound:
            return


def metrics_uri(job: GetModelCustomizationJobResponseTypeDef) -> str:
    """Where Bedrock writes the loss of each step."""
    folder = job["outputDataConfig"]["s3Uri"].rstrip("/")
    return f"{folder}/model-customization-job-{job['jobArn'].rsplit('/', 1)[-1]}/{METRICS}"


def parse_bedrock_metrics(text: bytes) -> tuple[LossPoint, ...]:
    """The loss by step; steps without a finite number are left out."""
    rows = csv.DictReader(io.StringIO(text.decode("utf-8-sig", errors="replace")))
    if not {"step_number", "training_loss"} <= set(rows.fieldnames or ()):
        raise AnswerRefused(f"the training metrics have the columns {rows.fieldnames}")
    points = []
    for row in rows:
        try:
            step, loss = int(float(row["step_number"])), float(row["training_loss"])
        except (TypeError, ValueError, OverflowError) as fault:
            raise AnswerRefused(f"the training metrics have the row {row}") from fault
        if math.isfinite(loss):
            points.append(LossPoint(step=step, loss=loss))
    return tuple(sorted(points, key=lambda point: point.step))

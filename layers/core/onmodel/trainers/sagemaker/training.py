"""A training as a job: its dataset's files, its state, its losses."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Mapping
from typing import Any

from onmodel.contracts.sagemaker import JobKind
from onmodel.contracts.trainings import (
    Checkpoint,
    LossPoint,
    TrainingSpec,
    TrainingState,
    TrainingStatus,
)
from onmodel.errors import AnswerRefused, NotFound
from onmodel.ports.storage import ObjectStore
from onmodel.trainers.sagemaker import billing, hyperparameters, limits
from onmodel.trainers.sagemaker.jobs import STATUSES, JobSpec, SageMakerJobs, reason_of, usage_of

KIND: JobKind = "training"
METRICS = "step_wise_training_metrics.csv"
ADAPTER = "adapter.json"
"""Written last: without it a training did not finish."""

UNFINISHED = "The job ended without adapter.json, so it made no model"


class Trainings:
    """The trainings of one stack. `files` are the channels that every job has."""

    def __init__(self, jobs: SageMakerJobs, store: ObjectStore) -> None:
        self._jobs = jobs
        self._store = store

    def start(self, spec: TrainingSpec, files: Mapping[str, str]) -> str:
        """Write the dataset's files and start the job.

        Args:
            spec: the training.
            files: S3 URIs of the channels that every job has.
        """
        folder = f"{spec.output_uri}job/"
        dataset = f"{folder}dataset/"
        source = spec.manifest_uri.rpartition("/")[0]
        recipe = hyperparameters.recipe(spec.hyperparameters)
        train = self._store.get(self._key(spec.manifest_uri))
        self._put(f"{dataset}recipe.json", recipe)
        self._put(f"{dataset}train.jsonl", train)
        self._put(f"{dataset}validation.jsonl", self._validation(source))
        contents = hashlib.sha256(recipe + train).hexdigest()
        longest = billing.longest_training_seconds(spec.hyperparameters)
        values = hyperparameters.read_sagemaker_values(spec.hyperparameters)
        return self._jobs.start(
            JobSpec(
                kind=KIND,
                production=spec.production,
                id_=spec.training_id,
                program=(
                    "train.py", "--deadline-seconds", str(longest - limits.FINISHING_SECONDS)
                ),
                channels={**files, "dataset": dataset, "pictures": f"{source}/pictures/"},
                folder=folder,
                checkpoints=f"s3://{self._store.bucket}/{checkpoints_prefix(spec, contents)}",
                instances=tuple(values.instances.split(",")),
                longest_seconds=longest,
                contents=contents,
            )
        )  # fmt: skip

    def find(self, production: str, training_id: str) -> str | None:
        return self._jobs.find(KIND, production, training_id)

    def describe(self, training_ref: str) -> TrainingState:
        found = self._jobs.describe(training_ref)
        if found is None:
            return TrainingState(training_ref=training_ref, status=TrainingStatus.GONE)
        status, reason = STATUSES[found["TrainingJobStatus"]], reason_of(found)
        model, checkpoints = (
            self._model(found) if status == TrainingStatus.COMPLETED else (None, ())
        )
        if status == TrainingStatus.COMPLETED and model is None:
            status, reason = TrainingStatus.FAILED, UNFINISHED
        return TrainingState(
            training_ref=training_ref,
            status=status,
            name=found["TrainingJobName"],
            reason=reason,
            model_ref=model,
            metrics_ref=None if model is None else f"{model}{METRICS}",
            checkpoints=checkpoints,
            usage=usage_of(found),
            created_at=found["CreationTime"],
            ended_at=found.get("TrainingEndTime"),
        )

    def stop(self, training_ref: str) -> None:
        self._jobs.stop(training_ref)

    def loss_curve(self, metrics_ref: str) -> tuple[LossPoint, ...]:
        return parse_sagemaker_metrics(self._store.get(self._key(metrics_ref)))

    def delete_model(self, model_ref: str) -> None:
        self._store.delete_prefix(self._key(model_ref))

    def _model(self, found: Mapping[str, Any]) -> tuple[str | None, tuple[Checkpoint, ...]]:
        """The folder of the model, ending in a slash, and the checkpoints in it.

        None and nothing when the training did not finish.
        """
        folder = f"{found['ModelArtifacts']['S3ModelArtifacts'].rstrip('/')}/"
        try:
            told = self._store.get(f"{self._key(folder)}{ADAPTER}")
        except NotFound:
            return None, ()
        return folder, kept_checkpoints(told)

    def _validation(self, source: str) -> bytes:
        try:
            return self._store.get(self._key(f"{source}/validation.jsonl"))
        except NotFound:  # nothing is held out
            return b""

    def _put(self, uri: str, content: bytes) -> None:
        self._store.put(self._key(uri), content, "application/json")

    def _key(self, uri: str) -> str:
        """Raises NotFound for what is outside the bucket."""
        bucket = f"s3://{self._store.bucket}/"
        if not uri.startswith(bucket):
            raise NotFound(f"{uri} is outside {bucket}")
        return uri.removeprefix(bucket)


def checkpoints_prefix(spec: TrainingSpec, contents: str) -> str:
    """Below one prefix for all trainings: a rule of the bucket lets them expire.

    A further attempt at the same dataset with the same recipe goes on from the checkpoints of the
    one before; with another recipe it begins anew.

    Args:
        spec: the training.
        contents: SHA-256 of recipe and manifest, in hexadecimal digits.
    """
    name = f"{spec.dataset_id}-{contents[:16]}"
    return f"trainers/sagemaker/checkpoints/{spec.production}/{name}/"


def kept_checkpoints(adapter: bytes) -> tuple[Checkpoint, ...]:
    """The checkpoints that adapter.json lists. Raises AnswerRefused when it is no such file."""
    try:
        listed = json.loads(adapter).get("checkpoints", [])
        found = [
            Checkpoint(step=one["step"], validation_loss=one["validation_loss"]) for one in listed
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise AnswerRefused(f"{ADAPTER} is not of the known form: {fault}") from fault
    return tuple(sorted(found, key=lambda one: one.step))


def _finite(text: str | None) -> float | None:
    """A finite number; None for anything else."""
    try:
        number = float(text or "nan")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def parse_sagemaker_metrics(text: bytes) -> tuple[LossPoint, ...]:
    """The loss by step; the row of the untrained model and steps without a number are left out."""
    rows = csv.DictReader(io.StringIO(text.decode("utf-8-sig", errors="replace")))
    if not {"step_number", "training_loss"} <= set(rows.fieldnames or ()):
        raise AnswerRefused(f"the training metrics have the columns {rows.fieldnames}")
    points = []
    for row in rows:
        if not row["training_loss"]:
            continue
        try:
            step, loss = int(row["step_number"]), float(row["training_loss"])
        except (TypeError, ValueError) as fault:
            raise AnswerRefused(f"the training metrics have the row {row}") from fault
        if math.isfinite(loss):
            held_out = _finite(row.get("validation_loss"))
            points.append(LossPoint(step=step, loss=loss, validation_loss=held_out))
    return tuple(sorted(points, key=lambda point: point.step))

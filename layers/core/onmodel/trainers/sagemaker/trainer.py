"""The trainer `sagemaker`: a LoRA of FLUX.2 klein by training jobs, which draw with it too."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Protocol

from onmodel.contracts.drawings import DrawingSpec, DrawingState, JobPicture
from onmodel.contracts.operations import OurResource, ResourceKind
from onmodel.contracts.trainings import (
    Finding,
    LossPoint,
    TrainingNames,
    TrainingPlan,
    TrainingSpec,
    TrainingState,
)
from onmodel.contracts.weights import weights_prefix, wheels_prefix
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import DrawingJobs, Trainer
from onmodel.trainers.sagemaker.code import REQUIREMENTS, read_code, upload_code
from onmodel.trainers.sagemaker.drawing import Drawings
from onmodel.trainers.sagemaker.jobs import SageMakerJobs
from onmodel.trainers.sagemaker.names import SageMakerNames
from onmodel.trainers.sagemaker.rules import SageMakerRules
from onmodel.trainers.sagemaker.training import KIND, Trainings


class Checks(Protocol):
    """The preflight."""

    def findings(self, plan: TrainingPlan) -> Iterable[Finding]: ...


class SageMakerTrainer(SageMakerRules, Trainer, DrawingJobs):
    """Jobs that train and draw, and end by themselves.

    Args:
        client: of sagemaker.
        stack: the stack's name; the prefix of all names and the value of the tag of ownership.
        role_arn: the role that jobs read and write with.
        image: the container image of AWS in which they run.
        store: the bucket of datasets, weights, models and drawings.
        checks: the preflight.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - a client of boto3
        *,
        stack: str,
        role_arn: str,
        image: str,
        store: ObjectStore,
        checks: Checks,
    ) -> None:
        self._names = SageMakerNames(stack, store.bucket)
        self._store = store
        self._checks = checks
        self._jobs = SageMakerJobs(client, self._names, role_arn=role_arn, image=image)
        self._trainings = Trainings(self._jobs, store)
        self._drawings = Drawings(self._jobs, store)

    @property
    def drawing_jobs(self) -> DrawingJobs:
        return self

    def preflight(self, plan: TrainingPlan) -> tuple[Finding, ...]:
        return tuple(self._checks.findings(plan))

    def names(self, production: str, training_id: str) -> TrainingNames:
        name = self._names.of(KIND, production, training_id)
        return TrainingNames(job=name, model=name)

    def start(self, spec: TrainingSpec) -> str:
        return self._trainings.start(spec, self._files())

    def find(self, production: str, training_id: str) -> str | None:
        return self._trainings.find(production, training_id)

    def describe(self, training_ref: str) -> TrainingState:
        return self._trainings.describe(training_ref)

    def stop_training(self, training_ref: str) -> None:
        self._trainings.stop(training_ref)

    def loss_curve(self, metrics_ref: str) -> tuple[LossPoint, ...]:
        return self._trainings.loss_curve(metrics_ref)

    def delete_model(self, model_ref: str) -> None:
        self._trainings.delete_model(model_ref)

    def list_ours(self, *kinds: ResourceKind) -> tuple[OurResource, ...]:
        """Jobs that run; models are files of the studio bucket and bill as its storage."""
        wanted = set(kinds or self.kinds)
        if not wanted & set(self.kinds):
            return ()
        return tuple(found for found in self._jobs.running() if found.kind in wanted)

    def start_drawing(self, spec: DrawingSpec) -> str:
        return self._drawings.start(spec, self._files())

    def find_drawing(self, production: str, drawing_id: str) -> str | None:
        return self._drawings.find(production, drawing_id)

    def describe_drawing(self, drawing_ref: str) -> DrawingState:
        return self._drawings.describe(drawing_ref)

    def stop_drawing(self, drawing_ref: str) -> None:
        self._drawings.stop(drawing_ref)

    def drawn_pictures(self, spec: DrawingSpec) -> tuple[JobPicture, ...]:
        return self._drawings.pictures(spec)

    def _files(self) -> dict[str, str]:
        """The channels that every job has: code, wheels, weights."""
        requirements = read_code()[REQUIREMENTS]
        prefixes = {
            "code": upload_code(self._store),
            "wheels": wheels_prefix(_sha256(requirements)),
            "model": weights_prefix(),
        }
        bucket = f"s3://{self._store.bucket}/"
        return {name: f"{bucket}{prefix}" for name, prefix in prefixes.items()}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

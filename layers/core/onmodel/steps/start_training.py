"""Start the training. Its row is written before, so that no training is without a row."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.datasets import DatasetRef, DatasetRequest
from onmodel.contracts.keys import training_output
from onmodel.contracts.rows import DatasetBody, TrainingBody, TrainingStage
from onmodel.contracts.trainings import TrainingSpec, TrainingStarted
from onmodel.datasets.records import (
    UNDER_WAY,
    dataset_keys,
    dataset_settings,
    size_of,
    trainings_of,
)
from onmodel.deployments.deletion import why_forbidden
from onmodel.errors import EventRefused, TrainingImpossible
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import Trainers
from onmodel.registry.kinds import DATASETS, TRAININGS, TrainingRow


@dataclass(frozen=True)
class StartTraining:
    """The services that starting needs."""

    registry: Registry
    studio: ObjectStore
    trainers: Trainers
    clock: Clock

    def start(self, request: DatasetRequest) -> TrainingStarted:
        """Start the dataset's training; one that runs or has ended is returned, not repeated.

        Raises:
            EventRefused: there is no such dataset, or stack or production are being deleted.
            TrainingImpossible: the trainer refuses; the reason is kept with the training.
            Conflict: another execution wrote the row first; the machine tries again.
        """
        dataset = request.dataset
        trainings = trainings_of(dataset, self.registry)
        newest = trainings[-1] if trainings else None
        if newest is None or newest.status not in UNDER_WAY:
            newest = self._write_down(dataset, attempt=len(trainings) + 1)
        if newest.status != TrainingStage.STARTING:
            return TrainingStarted(training_id=newest.id)
        try:
            job_ref = self._begin(newest)
        except (EventRefused, TrainingImpossible) as fault:
            refused = newest.with_status(TrainingStage.IMPOSSIBLE).with_fields(reason=str(fault))
            TRAININGS.replace(self.registry, refused, self.clock())
            raise
        begun = newest.with_status(TrainingStage.IN_PROGRESS).with_fields(job_ref=job_ref)
        TRAININGS.replace(self.registry, begun, self.clock())
        return TrainingStarted(training_id=newest.id)

    def _begin(self, training: TrainingRow) -> str:
        """The job's reference. A job that an earlier call began is kept, for whoever deletes."""
        trainer = self.trainers[training.body.trainer]
        why = why_forbidden(self.registry, training.production, self.clock())
        if why and trainer.find(training.production, training.id) is None:
            raise EventRefused(f"{why}: nothing is trained any more")
        return trainer.start(training.body.spec)

    def _write_down(self, dataset: DatasetRef, attempt: int) -> TrainingRow:
        """Raises Conflict when the row was written since."""
        row = DATASETS.require(self.registry, dataset.production, dataset.dataset_id)
        settings = dataset_settings(dataset, self.studio)
        training_id = training_id_of(dataset.dataset_id, attempt)
        quoted = row.body
        trainer = self.trainers[quoted.trainer]
        hyperparameters = trainer.hyperparameters(settings.training, size_of(row))
        place = f"s3://{self.studio.bucket}"
        body = TrainingBody(
            dataset_id=dataset.dataset_id,
            correlation_id=dataset.correlation_id,
            trainer=trainer.name,
            model_name=trainer.names(dataset.production, training_id).model,
            described=trainer.described(hyperparameters),
            quoted_usd=_of_training(quoted),
            agreed_parts=quoted.quoted_parts,
            approved=bool(quoted.why_asked),
            spec=TrainingSpec(
                production=dataset.production,
                dataset_id=dataset.dataset_id,
                training_id=training_id,
                manifest_uri=f"{place}/{dataset_keys(dataset).manifest}",
                output_uri=f"{place}/{training_output(dataset.production, training_id)}",
                hyperparameters=hyperparameters,
            ),
        )
        return TRAININGS.create(
            self.registry,
            dataset.production,
            training_id,
            status=TrainingStage.STARTING,
            body=body,
            now=self.clock(),
        )


def _of_training(quoted: DatasetBody) -> float | None:
    """The part of the quote that captions and training cost; None when a price is missing."""
    if not quoted.quoted_parts:
        return quoted.quoted_usd
    parts = [part.usd for part in quoted.quoted_parts if part.name in {"captions", "training"}]
    known = [usd for usd in parts if usd is not None]
    return sum(known) if len(known) == len(parts) else None


def training_id_of(dataset_id: str, attempt: int) -> str:
    """The dataset's id; for a second attempt d0001-xxxxxxxx-t2: names cannot be used twice."""
    return dataset_id if attempt == 1 else f"{dataset_id}-t{attempt}"

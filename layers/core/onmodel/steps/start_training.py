"""Start the training: written down before it is asked for, so that none is ever lost."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.datasets import DatasetRef, DatasetRequest
from onmodel.contracts.keys import training_output
from onmodel.contracts.rows import Kind, TrainingBody, TrainingStage
from onmodel.contracts.trainings import TrainingSpec, TrainingStarted
from onmodel.datasets.records import (
    UNDER_WAY,
    dataset_keys,
    dataset_settings,
    get_dataset,
    trainings_of,
)
from onmodel.errors import TrainingImpossible
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Record, Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import Trainer


@dataclass(frozen=True)
class StartTraining:
    """The services that starting needs."""

    registry: Registry
    studio: ObjectStore
    trainer: Trainer
    clock: Clock

    def start(self, request: DatasetRequest) -> TrainingStarted:
        """The dataset's training. One that is under way or done is answered, not repeated.

        Raises:
            EventRefused: there is no such dataset.
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
        body = TrainingBody.model_validate(newest.body)
        try:
            job_ref = self.trainer.start(body.spec)
        except TrainingImpossible as fault:
            self._replace(newest, TrainingStage.IMPOSSIBLE, {"reason": str(fault)})
            raise
        self._replace(newest, TrainingStage.IN_PROGRESS, {"job_ref": job_ref})
        return TrainingStarted(training_id=newest.id)

    def _write_down(self, dataset: DatasetRef, attempt: int) -> Record:
        """Raises Conflict when the id was taken meanwhile."""
        _, made_of = get_dataset(dataset, self.registry)
        settings = dataset_settings(dataset, self.studio)
        training_id = training_id_of(dataset.dataset_id, attempt)
        hyperparameters = self.trainer.hyperparameters(settings.training)
        place = f"s3://{self.studio.bucket}"
        body = TrainingBody(
            dataset_id=dataset.dataset_id,
            correlation_id=dataset.correlation_id,
            model_name=self.trainer.names(dataset.production, training_id).model,
            described=self.trainer.described(hyperparameters),
            quoted_usd=made_of.quoted_usd,
            spec=TrainingSpec(
                production=dataset.production,
                dataset_id=dataset.dataset_id,
                training_id=training_id,
                manifest_uri=f"{place}/{dataset_keys(dataset).manifest}",
                output_uri=f"{place}/{training_output(dataset.production, training_id)}",
                hyperparameters=hyperparameters,
            ),
        )
        now = self.clock()
        return self.registry.create(
            Record(
                production=dataset.production,
                kind=Kind.TRAINING,
                id=training_id,
                status=TrainingStage.STARTING,
                created_at=now,
                updated_at=now,
                body=body.model_dump(mode="json"),
            )
        )

    def _replace(self, record: Record, stage: TrainingStage, changes: dict[str, str]) -> None:
        body = TrainingBody.model_validate(record.body).model_copy(update=changes)
        self.registry.replace(
            record.model_copy(
                update={
                    "status": stage,
                    "updated_at": self.clock(),
                    "body": body.model_dump(mode="json"),
                }
            )
        )


def training_id_of(dataset_id: str, attempt: int) -> str:
    """The dataset's id; a second attempt is d0001-xxxxxxxx-t2, for a trainer's names stay taken."""
    return dataset_id if attempt == 1 else f"{dataset_id}-t{attempt}"

"""A dataset's row, its snapshot of the settings, and its trainings."""

from __future__ import annotations

from onmodel.contracts.datasets import DatasetRef
from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.rows import DatasetBody, DatasetStatus, Kind, TrainingBody, TrainingStage
from onmodel.contracts.settings import Settings
from onmodel.errors import EventRefused
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Record, Registry
from onmodel.ports.storage import ObjectStore

UNDER_WAY = frozenset({TrainingStage.STARTING, TrainingStage.IN_PROGRESS, TrainingStage.COMPLETED})


def dataset_keys(dataset: DatasetRef) -> DatasetKeys:
    return DatasetKeys(dataset.production, dataset.dataset_id)


def dataset_settings(dataset: DatasetRef, studio: ObjectStore) -> Settings:
    """The settings that the dataset was made under: later ones do not touch it."""
    return Settings.model_validate_json(studio.get(dataset_keys(dataset).settings))


def get_dataset(dataset: DatasetRef, registry: Registry) -> tuple[Record, DatasetBody]:
    """Raises EventRefused when there is none."""
    record = registry.get(dataset.production, Kind.DATASET, dataset.dataset_id)
    if record is None:
        raise EventRefused(f"No dataset {dataset.dataset_id} in {dataset.production}")
    return record, DatasetBody.model_validate(record.body)


def put_dataset(
    record: Record,
    body: DatasetBody,
    *,
    registry: Registry,
    clock: Clock,
    status: DatasetStatus | None = None,
) -> Record:
    """Raises Conflict when the row moved on."""
    return registry.replace(
        record.model_copy(
            update={
                "status": status or record.status,
                "updated_at": clock(),
                "body": body.model_dump(mode="json"),
            }
        )
    )


def trainings_of(dataset: DatasetRef, registry: Registry) -> tuple[Record, ...]:
    """The dataset's trainings, the first attempt first."""
    records = [
        record
        for record in registry.list(dataset.production, Kind.TRAINING)
        if TrainingBody.model_validate(record.body).dataset_id == dataset.dataset_id
    ]
    return tuple(sorted(records, key=lambda record: (record.created_at, record.id)))

"""A dataset's keys, its snapshot of the settings, and its trainings."""

from __future__ import annotations

from onmodel.contracts.datasets import DatasetRef
from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.rows import TrainingStage
from onmodel.contracts.settings import Settings
from onmodel.contracts.trainings import DatasetSize
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import TRAININGS, DatasetRow, TrainingRow

UNDER_WAY = frozenset({TrainingStage.STARTING, TrainingStage.IN_PROGRESS, TrainingStage.COMPLETED})


def dataset_keys(dataset: DatasetRef) -> DatasetKeys:
    return DatasetKeys(dataset.production, dataset.dataset_id)


def dataset_settings(dataset: DatasetRef, studio: ObjectStore) -> Settings:
    """The settings that the dataset was made with; later settings do not change it."""
    return Settings.from_stored(studio.get(dataset_keys(dataset).settings))


def size_of(dataset: DatasetRow) -> DatasetSize:
    """Of what is trained on, as far as it is known yet."""
    body = dataset.body
    return DatasetSize(
        pictures=body.pictures if body.trained is None else body.trained,
        characters=sum(1 for name in body.named if name),
    )


def trainings_of(dataset: DatasetRef, registry: Registry) -> tuple[TrainingRow, ...]:
    """The dataset's trainings, the first attempt first."""
    rows = [
        row
        for row in TRAININGS.list(registry, dataset.production)
        if row.body.dataset_id == dataset.dataset_id
    ]
    return tuple(sorted(rows, key=lambda row: (row.created_at, row.id)))

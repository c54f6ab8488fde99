"""What a person sees of a dataset beside a question about it: films, characters, some pictures."""

from __future__ import annotations

from itertools import groupby

from onmodel.contracts.datasets import DatasetItem, DatasetShown
from onmodel.contracts.film_rows import FilmBody
from onmodel.contracts.keys import DatasetKeys
from onmodel.films.film_names import film_titles
from onmodel.formats.jsonl import read_lines
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import DATASETS, FILMS, TRAININGS, DatasetRow

MOST_SHOWN = 6
"""Pictures beside a question: about 150 KB each, within a page."""


def dataset_of(production: str, subject_id: str, registry: Registry) -> DatasetShown | None:
    """The dataset, or a training's dataset; None for a subject that is neither."""
    row = _row(production, subject_id, registry)
    if row is None:
        return None
    return DatasetShown(
        dataset_id=row.id,
        pictures=row.body.pictures,
        characters=row.body.named,
        character_names=row.body.character_names,
        films=tuple(film_titles(production, row.body.films, registry).values()),
        forecast=row.body.forecast,
        references=row.body.references,
    )


def films_of(production: str, subject_id: str, registry: Registry) -> tuple[FilmBody, ...]:
    """The films of the dataset; one whose row was deleted is left out."""
    row = _row(production, subject_id, registry)
    found = [FILMS.read(registry, production, film) for film in (row.body.films if row else ())]
    return tuple(film.body for film in found if film is not None)


def some_pictures(dataset: DatasetShown, production: str, studio: ObjectStore) -> list[DatasetItem]:
    """The best pictures, of every character in turn; at most MOST_SHOWN.

    Raises:
        NotFound: the dataset's files were deleted.
    """
    items = read_lines(DatasetItem, studio.get(DatasetKeys(production, dataset.dataset_id).items))
    ranked = sorted(
        (item for item in items if not item.rejected),
        key=lambda item: (item.character or "~", -item.quality, item.crop_id),
    )
    by_character = [list(group) for _, group in groupby(ranked, key=lambda item: item.character)]
    in_turn = [
        item
        for place in range(MOST_SHOWN)
        for group in by_character
        for item in group[place : place + 1]
    ]
    return in_turn[:MOST_SHOWN]


def _row(production: str, subject_id: str, registry: Registry) -> DatasetRow | None:
    training = TRAININGS.read(registry, production, subject_id)
    dataset_id = subject_id if training is None else training.body.dataset_id
    return DATASETS.read(registry, production, dataset_id)

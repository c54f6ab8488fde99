"""The crops of all films of a production in one place, comparable with each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.crops import Crop
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.errors import DatasetRefused
from onmodel.films.corrections import Corrections


@dataclass(frozen=True)
class FilmCrops:
    """The kept crops of one prepared film.

    `names` gives the character by crop_id (None or absent: unnamed), `looks` its look where that is
    known; `vectors` is
    `(len(crops), d)` float32, rows of unit length; `embedding` made them: vectors of two models
    cannot be compared; `threshold` is that of the film's own choice among near-duplicates.
    """

    film_id: str
    crops: Sequence[Crop]
    names: Mapping[str, str | None]
    vectors: Vectors
    embedding: EmbeddingSettings
    threshold: float
    looks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CropPool:
    """The crops of all films: crops, characters, vectors, groups and looks by the same index.

    `named` has what the namer said, `characters` what holds; `looks` has '' where no look is known
    of that character; `apart` has the pairs that a person
    told apart, both in this pool. Crops of one group are never duplicates of each other: their
    film chose among them.
    """

    crops: list[Crop]
    named: list[str | None]
    characters: list[str | None]
    vectors: Vectors
    groups: npt.NDArray[np.int64]
    apart: list[tuple[int, int]]
    looks: list[str]


def pool_of(films: Sequence[FilmCrops], threshold: float, corrections: Corrections) -> CropPool:
    common_embedding(film.embedding for film in films if len(film.crops))
    rows = [film.vectors for film in films if len(film.crops)]
    crops = [crop for film in films for crop in film.crops]
    named = [film.names.get(crop.crop_id) for film in films for crop in film.crops]
    characters = [
        corrections.character(crop.crop_id, name) for crop, name in zip(crops, named, strict=True)
    ]
    looks = [film.looks.get(crop.crop_id, "") for film in films for crop in film.crops]
    place = {crop.crop_id: i for i, crop in enumerate(crops)}
    inside = (tuple(pair) for pair in corrections.different_pairs() if pair <= place.keys())
    return CropPool(
        crops,
        named,
        characters,
        np.concatenate(rows) if rows else np.zeros((0, 1), np.float32),
        _groups(films, threshold),
        [(place[first], place[second]) for first, second in inside],
        [
            look if named[i] == character else ""
            for i, (look, character) in enumerate(zip(looks, characters, strict=True))
        ],
    )


def _groups(films: Sequence[FilmCrops], threshold: float) -> npt.NDArray[np.int64]:
    """A number for each track whose crops its film chose among, and one for each other crop.

    Pictures of a track that are alike were kept because the figure visibly changed. A film that was
    prepared with a higher threshold did not choose among all that are alike by this one.
    """
    numbers: dict[tuple[str, int | str], int] = {}
    return np.array(
        [
            numbers.setdefault(
                (film.film_id, crop.crop_id)
                if crop.track is None or film.threshold > threshold
                else (film.film_id, crop.track),
                len(numbers),
            )
            for film in films
            for crop in film.crops
        ],
        np.int64,
    )


def common_embedding(embeddings: Iterable[EmbeddingSettings]) -> EmbeddingSettings | None:
    """What all vectors were made with; None when there are none.

    Raises:
        DatasetRefused: they were made with several models or dimensions.
    """
    different = set(embeddings)
    if len(different) > 1:
        kinds = sorted(f"{kind.model}, {kind.dimensions} dimensions" for kind in different)
        raise DatasetRefused(
            f"the films have vectors that cannot be compared: {'; '.join(kinds)}",
            "Upload all films again, so that they are prepared with the same settings",
        )
    return next(iter(different), None)

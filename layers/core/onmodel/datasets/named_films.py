"""The crops of a production's films, named with the references and thresholds of this moment.

Only references that were never embedded cost money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from onmodel.contracts.film_rows import FilmBody
from onmodel.contracts.films import Run
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.contracts.settings import AllowedModels, Settings
from onmodel.datasets.crop_pool import FilmCrops, common_embedding
from onmodel.errors import DatasetRefused
from onmodel.films.corrections import Corrections
from onmodel.films.figures import FigureReader
from onmodel.films.known_figures import KnownFigureReader, known_by_review
from onmodel.films.near_duplicates import kept_crops
from onmodel.films.references import ReferenceReader
from onmodel.ports.namer import Namer, NamerOf, NamingTask
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore


@dataclass(frozen=True)
class FilmNaming:
    """The services that naming needs, and the models that the stack may call."""

    registry: Registry
    uploads: ObjectStore
    studio: ObjectStore
    namer: NamerOf
    models: AllowedModels

    def name(
        self, films: Sequence[FilmBody], settings: Settings, corrections: Corrections
    ) -> tuple[list[FilmCrops], tuple[str, ...]]:
        """Each film's crops, and what a person should know about the references.

        Raises:
            DatasetRefused: their vectors cannot be compared with each other, or with new ones.
        """
        runs = [film.run for film in films if film.run is not None]
        if not runs:
            return [], ()
        apart = corrections.different_pairs()
        films_crops = [self._crops(run, apart) for run in runs]
        embedding = self._callable_embedding(films_crops)
        if embedding is None:
            return films_crops, ()
        references = ReferenceReader(runs[0], self.uploads, self.studio, self.registry)
        notices: list[str] = []
        namer = self.namer(
            NamingTask(
                production=runs[0].production,
                naming=settings.naming,
                embedding=embedding,
                references=references.pictures(settings),
                figure=FigureReader(self.studio).read,
                notice=notices.append,
                known=(
                    *KnownFigureReader(
                        runs[0], self.studio, self.registry, notices.append, corrections
                    ).read(settings, embedding),
                    *(
                        known
                        for film in films_crops
                        for known in known_by_review(film.crops, film.vectors, corrections)
                    ),
                ),
            )
        )
        named = [_named(film, namer) for film in films_crops]
        return named, tuple(dict.fromkeys([*references.notices, *notices]))

    def _crops(self, run: Run, apart: frozenset[frozenset[str]]) -> FilmCrops:
        """A film's crops without names."""
        keys = FilmKeys.of(run)
        settings = Settings.from_stored(self.studio.get(keys.settings))
        crops, vectors = kept_crops(keys, settings, self.studio, apart)
        return FilmCrops(
            film_id=run.film_id,
            crops=crops,
            names={},
            vectors=vectors,
            embedding=settings.embedding,
            threshold=settings.deduplication.threshold,
        )

    def _callable_embedding(self, films: Sequence[FilmCrops]) -> EmbeddingSettings | None:
        """What the films' vectors were made with; None when there are no crops.

        Raises:
            DatasetRefused: they cannot be compared, or this stack may not call their model.
        """
        embedding = common_embedding(film.embedding for film in films if len(film.crops))
        if embedding is not None and embedding.model != self.models.embedding:
            raise DatasetRefused(
                f"the films have vectors of {embedding.model}, and this stack now calls"
                f" {self.models.embedding} (EmbeddingModelId)",
                "Upload all films again, so that they are prepared with this model",
            )
        return embedding


def _named(film: FilmCrops, namer: Namer) -> FilmCrops:
    names = namer.name(film.crops, film.vectors)
    return replace(
        film,
        names={name.crop_id: name.character for name in names},
        looks={name.crop_id: name.look for name in names},
    )

"""The pictures of which people said whom they show: in the settings, or in a review."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from onmodel.contracts.arrays import Vectors
from onmodel.contracts.crops import Crop, Rejected
from onmodel.contracts.films import Run
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.contracts.settings import Settings
from onmodel.errors import NotFound
from onmodel.films.corrections import NO_CORRECTIONS, Corrections
from onmodel.formats.jsonl import read_lines
from onmodel.formats.npy import from_npy
from onmodel.ports.namer import KnownFigure
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import FILMS


@dataclass(frozen=True)
class KnownFigureReader:
    """Reads the vectors of pictures that the setting `naming.cluster.names` names.

    Attributes:
        run: whose crops are named; its film has this run's pictures.
        studio: where pictures and vectors are.
        registry: knows the runs of the other films.
        notice: told of each picture that is not found, or that a person named otherwise.
        corrections: what people said in a review, which counts for the picture itself.
    """

    run: Run
    studio: ObjectStore
    registry: Registry
    notice: Callable[[str], None]
    corrections: Corrections = NO_CORRECTIONS

    def read(self, settings: Settings, embedding: EmbeddingSettings) -> tuple[KnownFigure, ...]:
        """Each is found by its id also after it was dropped for a better near-duplicate.

        Args:
            settings: of the run.
            embedding: the settings that the vectors to compare with were made with.
        """
        by_film: dict[str, dict[str, str]] = {}
        for picture, character in settings.naming.cluster.names.items():
            film, _, crop = picture.partition("/")
            by_film.setdefault(film, {})[crop] = character
        return tuple(
            known
            for film, names in sorted(by_film.items())
            for known in self._of_film(film, names, embedding)
        )

    def _of_film(
        self, film: str, names: dict[str, str], embedding: EmbeddingSettings
    ) -> Iterator[KnownFigure]:
        run = self._run_of(film)
        places: dict[str, int] = {}
        crops: Sequence[Crop] = ()
        vectors: Vectors | None = None
        instead: dict[str, str | None] = {}
        if run is not None:
            keys = FilmKeys.of(run)
            try:
                made_with = Settings.from_stored(self.studio.get(keys.settings)).embedding
                if made_with == embedding:
                    crops = read_lines(Crop, self.studio.get(keys.crops))
                    vectors = from_npy(self.studio.get(keys.vectors))
                    rejected = read_lines(Rejected, self.studio.get(keys.rejected))
                    instead = {line.crop_id: line.kept_instead for line in rejected if line.crop_id}
            except NotFound:
                crops = ()
        places = {crop.crop_id: place for place, crop in enumerate(crops)}
        for crop_id, character in sorted(names.items()):
            found = places.get(crop_id, places.get(instead.get(crop_id) or ""))
            if found is None or vectors is None:
                self.notice(
                    f"naming.cluster.names: {film}/{crop_id} is no picture of this production that"
                    " can be compared, so nobody is named after it."
                )
            elif self.corrections.character(crops[found].crop_id, character) != character:
                self.notice(
                    f"naming.cluster.names: {film}/{crop_id} has another name in the review, which"
                    " counts, so nobody is named after this line."
                )
            else:
                yield KnownFigure(crops[found].crop_id, character, vectors[found])

    def _run_of(self, film: str) -> Run | None:
        if film == self.run.film_id:
            return self.run
        row = FILMS.read(self.registry, self.run.production, film)
        return None if row is None else row.body.run


def known_by_review(
    crops: Sequence[Crop], vectors: Vectors, corrections: Corrections
) -> tuple[KnownFigure, ...]:
    """Pictures among these that a person named in a review."""
    return tuple(
        KnownFigure(crop.crop_id, character, vector)
        for crop, vector in zip(crops, vectors, strict=True)
        if (character := corrections.character(crop.crop_id, None))
    )

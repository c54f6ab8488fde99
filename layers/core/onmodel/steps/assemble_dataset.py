"""Close a generation: make one immutable dataset of its films' crops. Captions are made later.

Crops are named again with the references and thresholds of this moment; only references that were
never embedded cost money.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from onmodel.contracts.base import Contract
from onmodel.contracts.captions import CaptionAnswer, CaptionItem
from onmodel.contracts.datasets import (
    AssembleDatasetRequest,
    DatasetItem,
    DatasetRef,
    DatasetSummary,
)
from onmodel.contracts.film_rows import FilmBody
from onmodel.contracts.films import Run
from onmodel.contracts.keys import DatasetKeys, FilmKeys, dataset_id
from onmodel.contracts.rows import DatasetBody, DatasetStatus, GenerationStatus
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.contracts.settings import AllowedModels, Settings, TrainingSettings
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.assembly import Assembly, assemble, contents_hash
from onmodel.datasets.caption_answers import read_answers, write_answer
from onmodel.datasets.captioning import Captioner
from onmodel.datasets.corrected import cast_of
from onmodel.datasets.crop_pool import FilmCrops, common_embedding
from onmodel.datasets.known_captions import KnownCaptions
from onmodel.datasets.summary import summarize
from onmodel.errors import Conflict, DatasetRefused
from onmodel.films.corrections import Corrections, read_corrections
from onmodel.films.figures import FigureReader
from onmodel.films.known_figures import KnownFigureReader, known_by_review
from onmodel.films.near_duplicates import kept_crops
from onmodel.films.production import characters_of, current_films
from onmodel.films.references import ReferenceReader
from onmodel.films.settings import settings_in_force
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.formats.npy import to_npy
from onmodel.judging.forecast import close_pairs, forecast_texts
from onmodel.money.usage import UsageMeter
from onmodel.ports.machines import Clock
from onmodel.ports.namer import Namer, NamerOf, NamingTask
from onmodel.ports.registry import Registry
from onmodel.ports.storage import Cache, ObjectStore
from onmodel.registry.kinds import DATASETS, GENERATIONS, DatasetRow, GenerationRow

COPIES_AT_ONCE = 8
"""Threads: a picture is 200 kB read and written, and botocore keeps ten connections."""


@dataclass(frozen=True)
class AssembleDataset:
    """The services that assembling needs, and the trainer's limits."""

    registry: Registry
    uploads: ObjectStore
    studio: ObjectStore
    cache: Cache
    namer: NamerOf
    meter: UsageMeter
    clock: Clock
    models: AllowedModels
    limits: DatasetLimits
    notices: tuple[str, ...] = ()

    def assemble(self, request: AssembleDatasetRequest) -> DatasetRef:
        """Write the dataset, then close the generation; a repeat returns the same dataset.

        Raises:
            EventRefused: there is no such generation.
            DatasetRefused: too few pictures to train on; the generation is closed too.
            Conflict: a film was prepared in the meantime; the machine tries again, with that film.
        """
        asked = request.generation
        generation = GENERATIONS.require(self.registry, asked.production, asked.generation_id)
        if generation.status == GenerationStatus.CLOSED:
            return self._resume(generation)
        try:
            return self._close_with_dataset(generation, request)
        except DatasetRefused as fault:
            self._close(generation.with_fields(reason=fault.reason, advice=fault.advice))
            raise

    def _resume(self, generation: GenerationRow) -> DatasetRef:
        """The dataset of an earlier attempt that closed the generation; captions may be missing."""
        body = generation.body
        if body.dataset_id is None:
            raise DatasetRefused(body.reason or "the generation is closed", body.advice or "")
        dataset = DATASETS.require(self.registry, generation.production, body.dataset_id)
        keys = DatasetKeys(generation.production, body.dataset_id)
        waiting = read_lines(CaptionItem, self.studio.get(keys.to_caption))
        answers = read_answers((item.crop_id for item in waiting), keys, self.studio)
        captioned = {crop for crop, answer in answers.items() if answer.caption is not None}
        left = [item for item in waiting if item.crop_id not in captioned]
        self.studio.put(keys.to_caption, write_lines(left), "application/jsonl")
        return self._ref(dataset, captions_needed=len(left))

    def _close_with_dataset(
        self, generation: GenerationRow, request: AssembleDatasetRequest
    ) -> DatasetRef:
        production = generation.production
        settings = self._settings(production)
        corrections = read_corrections(production, self.registry)
        films, notices = current_films(production, self.registry, self.uploads)
        crops, more = self._named_crops(films, settings, corrections)
        # DrawStoryboard embeds panels like the pictures, to compare them
        embedding = next((film.embedding for film in crops if film.crops), settings.embedding)
        settings = settings.model_copy(update={"embedding": embedding})
        assembly = assemble(
            crops,
            threshold=settings.deduplication.threshold,
            training=_within(self.limits, settings.training),
            corrections=corrections,
        )
        made_of = {
            "pictures": contents_hash(assembly.items),
            "settings": settings.model_dump(mode="json"),
        }
        keys = DatasetKeys(production, dataset_id(generation.id, made_of))
        character_names = {
            slug: character.name
            for slug, character in cast_of(settings.characters, corrections).items()
        }
        summary = summarize(
            assembly.items,
            assembly.left_out,
            [film.film_id for film in crops],
            settings.training,
            dataset_id=keys.dataset_id,
            names=character_names,
        )
        summary = summary.model_copy(
            update={
                "notices": (
                    *self.notices,
                    *summary.notices,
                    *notices,
                    *more,
                    *unused_sections(settings.training, request.preflight.trainer),
                ),
                "forecast": forecast_texts(
                    close_pairs(assembly.items, assembly.vectors), character_names
                ),
            }
        )
        waiting = self._write(keys, assembly, summary, settings, corrections)
        body = DatasetBody(
            generation_id=generation.id,
            correlation_id=request.correlation_id,
            pictures=len(assembly.items),
            named=dict(Counter(item.character or "" for item in assembly.items)),
            character_names=character_names,
            films=summary.films,
            to_caption_key=keys.to_caption,
            captions_needed=waiting,
            usage=self.meter.usage(),
            findings=request.preflight.findings,
            notices=summary.notices,
            forecast=summary.forecast,
            corrections_hash=corrections.hash(),
            selection_hash=corrections.selection_hash({item.crop_id for item in assembly.items}),
        )
        dataset = DATASETS.put(
            self.registry,
            production,
            keys.dataset_id,
            status=DatasetStatus.ASSEMBLED,
            body=body,
            now=self.clock(),
        )
        try:
            self._close(generation.with_fields(dataset_id=keys.dataset_id))
        except Conflict:
            DATASETS.delete(self.registry, dataset)  # the next attempt has more films
            raise
        return self._ref(dataset, captions_needed=waiting)

    def _settings(self, production: str) -> Settings:
        """The settings now, with a name for every character that has references."""
        settings = settings_in_force(production, self.studio, self.models)
        return settings.model_copy(
            update={"characters": characters_of(production, settings, self.registry)}
        )

    def _named_crops(
        self, films: Sequence[FilmBody], settings: Settings, corrections: Corrections
    ) -> tuple[list[FilmCrops], tuple[str, ...]]:
        """Each film's crops, named with the references and thresholds of this moment.

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
                    *KnownFigureReader(runs[0], self.studio, self.registry, notices.append).read(
                        settings, embedding
                    ),
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
        settings = Settings.model_validate_json(self.studio.get(keys.settings))
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

    def _write(
        self,
        keys: DatasetKeys,
        assembly: Assembly,
        summary: DatasetSummary,
        settings: Settings,
        corrections: Corrections,
    ) -> int:
        """Copy the pictures, write the lines; returns how many captions are missing."""
        names = corrections.names()
        captioner = Captioner(
            settings.captions, settings.characters, self.cache, self.limits, names
        )
        known = KnownCaptions(captioner, corrections)
        with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
            copied = list(pool.map(lambda item: self._copy(item, keys, known), assembly.items))
        items = [item for item, _ in copied]
        waiting = [
            CaptionItem(
                crop_id=item.crop_id,
                production=keys.production,
                dataset_id=keys.dataset_id,
                character=item.character,
                beside=item.beside,
                framing=item.framing,
                place=item.place,
                worn=item.worn,
                key=item.key,
                character_name=names.get(item.character or "", ""),
            )
            for item, is_known in copied
            if not is_known
        ]
        for key, body in (
            (keys.settings, settings.model_dump_json().encode()),
            (keys.summary, summary.model_dump_json(indent=2).encode()),
        ):
            self.studio.put(key, body, "application/json")
        self.studio.put(keys.vectors, to_npy(assembly.vectors), "application/octet-stream")
        self.studio.put(keys.items, write_lines(items), "application/jsonl")
        self.studio.put(keys.left_out, write_lines(assembly.left_out), "application/jsonl")
        self.studio.put(keys.to_caption, write_lines(waiting), "application/jsonl")
        return len(waiting)

    def _copy(
        self, item: DatasetItem, keys: DatasetKeys, known: KnownCaptions
    ) -> tuple[DatasetItem, bool]:
        """The item with its own copy of the picture, and whether its caption is known."""
        picture = self.studio.get(item.key)
        suffix = item.key.rsplit(".", 1)[-1]
        key = keys.picture(item.crop_id, suffix)
        self.studio.put(key, picture, "image/png" if suffix == "png" else "image/jpeg")
        caption = known.of(item, picture)
        if caption is not None:
            answer = CaptionAnswer(crop_id=item.crop_id, caption=caption)
            write_answer(answer, keys, self.studio)
        return item.model_copy(update={"key": key}), caption is not None

    def _close(self, generation: GenerationRow) -> None:
        """Raises Conflict when a film was collected since the generation was read."""
        closed = generation.with_status(GenerationStatus.CLOSED)
        GENERATIONS.replace(self.registry, closed, self.clock())

    @staticmethod
    def _ref(dataset: DatasetRow, captions_needed: int) -> DatasetRef:
        return DatasetRef(
            production=dataset.production,
            dataset_id=dataset.id,
            to_caption_key=dataset.body.to_caption_key,
            captions_needed=captions_needed,
            correlation_id=dataset.body.correlation_id,
        )


def _named(film: FilmCrops, namer: Namer) -> FilmCrops:
    names = namer.name(film.crops, film.vectors)
    return replace(
        film,
        names={name.crop_id: name.character for name in names},
        looks={name.crop_id: name.look for name in names},
    )


def unused_sections(training: TrainingSettings, trainer: str) -> tuple[str, ...]:
    """Hyperparameters that are set for a trainer which does not train this dataset."""
    notices = []
    for name, section in training:
        if not isinstance(section, Contract) or name == trainer or section == type(section)():
            continue
        outside = [key for key, place in training.moved_keys.items() if place == name]
        also = f" ({', '.join(outside)} outside a section mean it too)" if outside else ""
        notices.append(f"training.{name}{also} is set and not used: {trainer} trains.")
    return tuple(notices)


def _within(limits: DatasetLimits, training: TrainingSettings) -> TrainingSettings:
    """As many pictures as the settings say, and not more than the trainer takes."""
    most = min(training.max_pictures, limits.max_records)
    return training.model_copy(update={"max_pictures": most})

"""Close a generation: make one immutable dataset of its films' crops. Captions are made later.

Crops are named again with the references and thresholds of this moment; only references that were
never embedded cost money.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from onmodel.contracts.base import Contract
from onmodel.contracts.captions import CaptionItem
from onmodel.contracts.datasets import DatasetRef
from onmodel.contracts.generations import AssembleDatasetRequest
from onmodel.contracts.keys import DatasetKeys, dataset_id
from onmodel.contracts.rows import DatasetBody, DatasetStatus, GenerationStatus
from onmodel.contracts.settings import AllowedModels, Settings, TrainingSettings
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.assembly import assemble, contents_hash
from onmodel.datasets.caption_answers import read_answers
from onmodel.datasets.corrected import cast_of
from onmodel.datasets.dataset_files import DatasetFiles
from onmodel.datasets.named_films import FilmNaming
from onmodel.datasets.summary import summarize
from onmodel.errors import Conflict, DatasetRefused
from onmodel.films.corrections import read_corrections
from onmodel.films.production import characters_of, current_films
from onmodel.films.settings import settings_in_force
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.judging.forecast import close_pairs, forecast_texts
from onmodel.money.usage import UsageMeter
from onmodel.ports.machines import Clock
from onmodel.ports.namer import NamerOf
from onmodel.ports.registry import Registry
from onmodel.ports.storage import Cache, ObjectStore
from onmodel.registry.kinds import DATASETS, GENERATIONS, DatasetRow, GenerationRow


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
            advice = fault.advice.replace("-p NAME", f"-p {asked.production}")
            self._close(generation.with_fields(reason=fault.reason, advice=advice))
            raise DatasetRefused(fault.reason, advice) from fault

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
        naming = FilmNaming(self.registry, self.uploads, self.studio, self.namer, self.models)
        crops, more = naming.name(films, settings, corrections)
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
        files = DatasetFiles(self.studio, self.cache, self.limits)
        waiting = files.write(keys, assembly, summary, settings, corrections)
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

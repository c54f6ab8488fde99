"""Quote everything that a dataset leads to, and decide whether a person must agree."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.datasets import CharacterCount, DatasetRef, DatasetSummary, Thinness
from onmodel.contracts.rows import DatasetStatus, TrainingStage
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.contracts.trainings import (
    CostQuote,
    DatasetSize,
    QuoteTrainingRequest,
    TrainingQuoted,
    Work,
    WorkPart,
)
from onmodel.datasets.human_loops import human_loops_assumption
from onmodel.datasets.records import (
    UNDER_WAY,
    dataset_keys,
    dataset_settings,
    size_of,
    trainings_of,
)
from onmodel.datasets.thinness import NOTHING_LACKS, thin_in_words, thinness_of
from onmodel.films.production import characters_of
from onmodel.formats.wording import sentence
from onmodel.money.agreements import why_above
from onmodel.money.pricebook import PriceBook
from onmodel.money.training_quotes import (
    FirstUse,
    cost_quote,
    work_of_captions,
    work_of_training,
)
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import TrainerRules, TrainersRules
from onmodel.registry.kinds import DATASETS, TRAININGS, DatasetRow
from onmodel.storyboards.first import first_storyboard
from onmodel.storyboards.reached import reached_by_references

THINNER = (
    "Since the dataset was quoted, pictures were taken out of it: by the review, or because they"
    " got no caption."
)

CAPTIONS_ALONE = "Nothing can be trained here today, so this pays for captions alone."


@dataclass(frozen=True)
class QuoteTraining:
    """The services and limits that quoting needs.

    Attributes:
        registry: holds the dataset and the production's trainings.
        studio: holds the dataset's summary and its snapshot of the settings.
        rules: of the trainers; the chosen one says what a training and what follows it use.
        prices: the price book in force.
        clock: now.
        spend_limit_usd: above it a person is asked.
        longest_hours: the stack's limit of a deployment.
        provision_minutes: the longest time until a deployment is in service.
    """

    registry: Registry
    studio: ObjectStore
    rules: TrainersRules
    prices: PriceBook
    clock: Clock
    spend_limit_usd: float
    longest_hours: float
    provision_minutes: float

    def quote(self, request: QuoteTrainingRequest) -> TrainingQuoted:
        """Quote, or ask about what the dataset lacks since it was quoted; a repeat does the same.

        Raises:
            EventRefused: there is no such dataset.
            Conflict: another function wrote the dataset's row since it was read; the machine
                retries.
        """
        return self._thinner(request.dataset) if request.again else self._quote(request)

    def _thinner(self, dataset: DatasetRef) -> TrainingQuoted:
        """Ask where pictures that were taken out since left less than what was agreed to.

        The price is not asked about again: fewer pictures cost no more.
        """
        row = DATASETS.require(self.registry, dataset.production, dataset.dataset_id)
        thin = self._thin_in_words(dataset, row, row.body.thin or NOTHING_LACKS)
        is_asked = bool(thin) and not self._is_begun(dataset)
        if is_asked:
            row = row.with_fields(why_asked=" ".join((THINNER, *thin)))
            DATASETS.replace(self.registry, row, self.clock())
        return TrainingQuoted(
            usd=row.body.quoted_usd,
            approval=is_asked,
            purpose="training",
            review=dataset_settings(dataset, self.studio).review,
        )

    def _quote(self, request: QuoteTrainingRequest) -> TrainingQuoted:
        """Quote until nothing is billed any more, or captions alone; kept with the dataset.

        The quote is written before other quotes of the production are read: of two that are made
        at the same time, at least one finds the other.

        Raises:
            EventRefused: there is no such dataset.
            Conflict: another function wrote the dataset's row since it was read; the machine
                retries.
        """
        dataset, possible = request.dataset, request.preflight.possible
        row = DATASETS.require(self.registry, dataset.production, dataset.dataset_id)
        settings = dataset_settings(dataset, self.studio)
        trainer = self.rules[request.preflight.trainer]
        captions = work_of_captions(
            dataset.captions_needed, settings.captions, new=row.body.captions_needed
        )
        parts = self._parts(
            dataset, captions, size_of(row) if possible else None, settings, trainer
        )
        quoted = cost_quote(parts, self.prices)
        if settings.review == "a2i":
            unknown = (*quoted.assumptions, human_loops_assumption(row.body.pictures))
            quoted = quoted.model_copy(update={"assumptions": unknown})
        row = row.with_fields(
            trainer=trainer.name,
            quoted_usd=quoted.usd,
            quoted_parts=quoted.parts,
            quoted_for="training" if possible else "captions",
            assumptions=quoted.assumptions,
            references=reached_by_references(dataset.production, self.registry),
            why_asked="",
            thin=thinness_of(*self._counted(dataset, row)),
            findings=request.preflight.findings,
        )
        row = DATASETS.replace(self.registry, row, self.clock())
        why = self._why_asked(dataset, row, quoted, possible)
        if why:
            DATASETS.replace(self.registry, row.with_fields(why_asked=why), self.clock())
        return TrainingQuoted(
            usd=quoted.usd,
            approval=bool(why),
            purpose="training" if possible else "captions",
            review=settings.review,
        )

    def _parts(
        self,
        dataset: DatasetRef,
        captions: Work,
        trained: DatasetSize | None,
        settings: Settings,
        trainer: TrainerRules,
    ) -> tuple[WorkPart, ...]:
        """Captions alone when nothing is trained."""
        if trained is None:
            return (WorkPart(name="captions", work=captions),)
        characters = characters_of(dataset.production, settings, self.registry)
        use = FirstUse(
            storyboard=first_storyboard(characters),
            hours=min(settings.deployment.hours, self.longest_hours),
            provision_minutes=self.provision_minutes,
        )
        return work_of_training(captions, settings, trainer, use, trained)

    def _why_asked(
        self, dataset: DatasetRef, row: DatasetRow, quoted: CostQuote, possible: bool
    ) -> str:
        """Why a person must agree, in whole sentences; empty when nobody needs to be asked."""
        above = why_above("The total", quoted.usd, self.spend_limit_usd)
        if not possible:
            return f"{CAPTIONS_ALONE} {above}" if above and dataset.captions_needed else ""
        if self._is_begun(dataset):
            return ""
        why = above or self._why_not_first(dataset)
        return " ".join(filter(None, (why, *self._thin_in_words(dataset, row))))

    def _is_begun(self, dataset: DatasetRef) -> bool:
        """Whether it was agreed to and begun: a repeat is the same training."""
        return any(found.status in UNDER_WAY for found in trainings_of(dataset, self.registry))

    def _thin_in_words(
        self, dataset: DatasetRef, row: DatasetRow, before: Thinness = NOTHING_LACKS
    ) -> tuple[str, ...]:
        """What the dataset lacks to teach and to be measured, more than before; whole sentences."""
        thin = thin_in_words(*self._counted(dataset, row), before)
        return tuple(map(sentence, thin))

    def _counted(
        self, dataset: DatasetRef, row: DatasetRow
    ) -> tuple[tuple[CharacterCount, ...], TrainingSettings, dict[str, str]]:
        """The dataset's counts, the settings that they are held against, and names by slug."""
        settings = dataset_settings(dataset, self.studio)
        names = {slug: character.name for slug, character in settings.characters.items()}
        body = self.studio.get(dataset_keys(dataset).summary)
        counts = DatasetSummary.from_stored(body).characters
        return counts, settings.training, names | row.body.character_names

    def _why_not_first(self, dataset: DatasetRef) -> str:
        before = tuple(TRAININGS.list(self.registry, dataset.production))
        if any(training.status != TrainingStage.IMPOSSIBLE for training in before):
            return "The production was trained before; only its first training starts by itself."
        begun = {training.body.dataset_id for training in before}
        if _is_another_quoted({dataset.dataset_id, *begun}, dataset.production, self.registry):
            return (
                "A training on another dataset of the production was quoted before; only the first"
                " starts by itself."
            )
        return ""


def _is_another_quoted(known: set[str], production: str, registry: Registry) -> bool:
    """Whether a training of the dataset may still start without an approval."""
    return any(
        row.id not in known
        and row.status != DatasetStatus.REFUSED
        and row.body.quoted_for == "training"
        for row in DATASETS.list(registry, production)
    )

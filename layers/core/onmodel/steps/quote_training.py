"""Quote captions and training, and decide whether a person must agree."""

from __future__ import annotations

from onmodel.contracts.datasets import DatasetRef
from onmodel.contracts.rows import DatasetStatus, TrainingStage
from onmodel.contracts.settings import Settings
from onmodel.contracts.trainings import DatasetSize, QuoteTrainingRequest, TrainingQuoted
from onmodel.datasets.records import (
    UNDER_WAY,
    dataset_settings,
    size_of,
    trainings_of,
)
from onmodel.formats.wording import dollars
from onmodel.money.pricebook import PriceBook
from onmodel.money.quotes import Quote, quote_captions, training_quote
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import TrainerRules, TrainersRules
from onmodel.registry.kinds import DATASETS, TRAININGS

CAPTIONS_ALONE = "Nothing can be trained here today, so this pays for captions alone."


def quote_training(
    request: QuoteTrainingRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    rules: TrainersRules,
    prices: PriceBook,
    clock: Clock,
    spend_limit_usd: float,
) -> TrainingQuoted:
    """Quote captions and training, or captions alone, and keep the quote with the dataset.

    The quote is written before other quotes of the production are read: of two that are made at the
    same time, at least one finds the other.

    Args:
        request: the dataset, and whether it can be trained at all.
        registry: holds the dataset and the production's trainings.
        studio: holds the dataset's snapshot of the settings.
        rules: of the trainers; the chosen one gives the usage of a training.
        prices: the price book in force.
        clock: now.
        spend_limit_usd: above it a person is asked.

    Raises:
        EventRefused: there is no such dataset.
        Conflict: another function wrote the dataset's row since it was read; the machine
            retries.
    """
    dataset, possible = request.dataset, request.preflight.possible
    row = DATASETS.require(registry, dataset.production, dataset.dataset_id)
    settings = dataset_settings(dataset, studio)
    trainer = rules[request.preflight.trainer]
    quoted = _quote(dataset, size_of(row) if possible else None, settings, trainer, prices)
    usd = None if quoted.bill.total_usd is None else float(quoted.bill.total_usd)
    row = row.with_fields(
        trainer=trainer.name,
        quoted_usd=usd,
        quoted_for="training" if possible else "captions",
        assumptions=quoted.assumptions,
        why_asked="",
        findings=request.preflight.findings,
    )
    row = DATASETS.replace(registry, row, clock())
    if possible:
        why = why_asked(dataset, usd, spend_limit_usd, registry)
    else:
        why = why_captions_are_asked(dataset, usd, spend_limit_usd)
    if why:
        DATASETS.replace(registry, row.with_fields(why_asked=why), clock())
    return TrainingQuoted(
        usd=usd,
        approval=bool(why),
        purpose="training" if possible else "captions",
        review=settings.review,
    )


def _quote(
    dataset: DatasetRef,
    trained: DatasetSize | None,
    settings: Settings,
    trainer: TrainerRules,
    prices: PriceBook,
) -> Quote:
    if trained is None:
        return quote_captions(
            dataset.captions_needed, caption_settings=settings.captions, book=prices
        )
    return training_quote(
        trainer.training_work(trainer.hyperparameters(settings.training, trained)),
        captions=dataset.captions_needed,
        caption_settings=settings.captions,
        book=prices,
    )


def why_asked(dataset: DatasetRef, usd: float | None, limit_usd: float, registry: Registry) -> str:
    """Why a person must agree, as one sentence; empty when nobody needs to be asked."""
    if any(training.status in UNDER_WAY for training in trainings_of(dataset, registry)):
        return ""  # it was agreed to and begun: this is the same training
    if why := _why_too_much(usd, limit_usd):
        return why
    before = tuple(TRAININGS.list(registry, dataset.production))
    if any(training.status != TrainingStage.IMPOSSIBLE for training in before):
        return "The production was trained before; only its first training starts by itself."
    begun = {training.body.dataset_id for training in before}
    if _is_another_quoted({dataset.dataset_id, *begun}, dataset.production, registry):
        return (
            "A training on another dataset of the production was quoted before; only the first"
            " starts by itself."
        )
    return ""


def why_captions_are_asked(dataset: DatasetRef, usd: float | None, limit_usd: float) -> str:
    """The same for captions without a training."""
    why = _why_too_much(usd, limit_usd) if dataset.captions_needed else ""
    return f"{CAPTIONS_ALONE} {why}" if why else ""


def _why_too_much(usd: float | None, limit_usd: float) -> str:
    if usd is None:
        return "A price is missing, so that the cost is not known."
    return f"The quote is above the limit of {dollars(limit_usd)}." if usd > limit_usd else ""


def _is_another_quoted(known: set[str], production: str, registry: Registry) -> bool:
    """Whether a training of the dataset may still start without an approval."""
    return any(
        row.id not in known
        and row.status != DatasetStatus.REFUSED
        and row.body.quoted_for == "training"
        for row in DATASETS.list(registry, production)
    )

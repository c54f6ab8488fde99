"""Say what training will cost before anything is paid for, and whether a person must agree."""

from __future__ import annotations

from onmodel.contracts.requests_training import DatasetRef, QuoteTrainingRequest, TrainingQuoted
from onmodel.costs import PriceBook
from onmodel.datasets import UNDER_WAY, dataset_settings, get_dataset, put_dataset, trainings_of
from onmodel.ports import Clock, ObjectStore, Registry
from onmodel.ports_training import Trainer
from onmodel.quotes import quote_training as quote
from onmodel.records import Kind
from onmodel.records_training import TrainingStage
from onmodel.wording import dollars


def quote_training(
    request: QuoteTrainingRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    trainer: Trainer,
    prices: PriceBook,
    clock: Clock,
    spend_limit_usd: float,
) -> TrainingQuoted:
    """Quote captions and training, and keep the quote with the dataset.

    Args:
        request: the dataset, and whether it can be trained at all.
        registry: holds the dataset and the production's trainings.
        studio: holds the dataset's own snapshot of the settings.
        trainer: names its items of the price book.
        prices: the price book in force.
        clock: now.
        spend_limit_usd: above it a person is asked.

    Raises:
        EventRefused: there is no such dataset.
    """
    dataset = request.dataset
    record, body = get_dataset(dataset, registry)
    settings = dataset_settings(dataset, studio)
    quoted = quote(
        settings.training.hyperparameters,
        captions=dataset.captions_needed,
        caption_settings=settings.captions,
        items=trainer.items,
        book=prices,
    )
    usd = None if quoted.bill.total_usd is None else float(quoted.bill.total_usd)
    why = why_asked(dataset, usd, spend_limit_usd, registry) if request.preflight.possible else ""
    put_dataset(
        record,
        body.model_copy(
            update={
                "quoted_usd": usd,
                "assumptions": quoted.assumptions,
                "why_asked": why,
                "findings": request.preflight.findings,
            }
        ),
        registry=registry,
        clock=clock,
    )
    return TrainingQuoted(usd=usd, approval=bool(why), review=settings.review)


def why_asked(dataset: DatasetRef, usd: float | None, limit_usd: float, registry: Registry) -> str:
    """Why a person must agree, as one sentence; empty when nobody needs to be asked."""
    if any(record.status in UNDER_WAY for record in trainings_of(dataset, registry)):
        return ""  # it was agreed to and begun: what starts now is the same training
    if usd is None:
        return "A price is missing, so that the cost is not known."
    if usd > limit_usd:
        return f"The quote is above the limit of {dollars(limit_usd)}."
    before = registry.list(dataset.production, Kind.TRAINING)
    if any(record.status != TrainingStage.IMPOSSIBLE for record in before):
        return "The production was trained before; only its first training starts by itself."
    return ""

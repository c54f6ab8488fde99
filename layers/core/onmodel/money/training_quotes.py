"""Quotes of everything that a dataset leads to: one total and its parts, until nothing is billed.

Each part is counted at its most; what it usually costs stands beside it. What the cache will save
is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from onmodel.contracts.base import Usage
from onmodel.contracts.drawings import Arm
from onmodel.contracts.settings import CaptionSettings, Settings
from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import CostPart, CostQuote, DatasetSize, Work, WorkPart
from onmodel.money.judging_quotes import judging_part, judging_usage
from onmodel.money.pricebook import PriceBook, estimate
from onmodel.money.quotes import Quote, dated, used
from onmodel.ports.trainer import TrainerRules

CAPTION_TOKENS_IN = 2800  # a 1,024 px picture is 1,500 to 2,000, the prompt about 800
CAPTION_TOKENS_OUT = 70
CAPTION_REPAIRS = 0.1  # share of answers asked for a second time
AGAIN_TOKENS_IN = 3000  # the caption and its faults are sent too


@dataclass(frozen=True)
class FirstUse:
    """How a model is used right after its training, without anybody asking for it.

    Attributes:
        storyboard: that is drawn.
        hours: in service, where the trainer deploys models.
        provision_minutes: the longest time until it is in service.
    """

    storyboard: Storyboard
    hours: float
    provision_minutes: float


def work_of_captions(
    captions: int,
    settings: CaptionSettings,
    counted: tuple[str, ...] = (),
    *,
    new: int | None = None,
) -> Work:
    """What asking for captions uses, and asking again after the check of all captions.

    Args:
        captions: pictures that have no cached caption.
        settings: the model that captions, and how many it may be asked for again.
        counted: on which assumptions the captions were counted; none when they are known.
        new: pictures without a cached caption when the dataset was assembled, where some were
            captioned since: their captions may still be asked for again. None: as `captions`.
    """
    again = settings.most_asked_again(captions if new is None else new)
    calls = captions * (1 + CAPTION_REPAIRS)
    tokens_in, tokens_out = calls * CAPTION_TOKENS_IN, calls * CAPTION_TOKENS_OUT
    repeats = f"; at most {again:,} asked for again after the check of all captions"
    return Work(
        usage=_tokens(
            settings.model,
            tokens_in + again * AGAIN_TOKENS_IN,
            tokens_out + again * CAPTION_TOKENS_OUT,
        ),
        usual=_tokens(settings.model, tokens_in, tokens_out),
        assumptions=(
            f"{captions:,} captions of about {CAPTION_TOKENS_IN:,} tokens in and "
            f"{CAPTION_TOKENS_OUT} out, one in ten asked for twice{repeats if again else ''}",
            *counted,
        ),
    )


def _tokens(model: str, tokens_in: float, tokens_out: float) -> tuple[Usage, ...]:
    return (
        Usage(item=f"bedrock.{model}.input-1k", paid=round(tokens_in / 1000, 3)),
        Usage(item=f"bedrock.{model}.output-1k", paid=round(tokens_out / 1000, 3)),
    )


def work_of_training(
    captions: Work,
    settings: Settings,
    trainer: TrainerRules,
    use: FirstUse,
    trained: DatasetSize | None = None,
) -> tuple[WorkPart, ...]:
    """Everything from the captions to the end of what follows the training by itself.

    Args:
        captions: what asking for captions uses.
        settings: hyperparameters, and how storyboards are drawn.
        trainer: that trains and draws.
        use: of the model, right after its training.
        trained: what is trained on; None before it is known.
    """
    values = trainer.hyperparameters(settings.training, trained)
    return (
        WorkPart(name="captions", work=captions),
        WorkPart(name="training", work=trainer.training_work(values)),
        *_work_after(settings, trainer, use),
    )


def _work_after(settings: Settings, trainer: TrainerRules, use: FirstUse) -> Iterator[WorkPart]:
    if trainer.deployer is not None:  # drawing with a deployment costs nothing more
        work = trainer.deployer.deployment_work(use.hours, use.provision_minutes)
        yield WorkPart(name="deployment", work=work)
    if trainer.drawing_jobs is not None:
        board = use.storyboard
        options = trainer.drawing_jobs.drawing_options(board, settings.training)
        each = len(board.scenes) * board.takes * board.images
        pictures: dict[Arm, int] = dict.fromkeys(board.arms, each)
        work = trainer.drawing_jobs.drawing_work(pictures, options)
        yield WorkPart(name="drawing", work=work)
    yield from judging_part(judging_usage(use.storyboard, settings))


def cost_quote(parts: Iterable[WorkPart], book: PriceBook) -> CostQuote:
    """One total of all parts; it is unknown when the price of any is missing."""
    works = tuple(parts)
    priced = tuple(_priced(part, book) for part in works)
    known = [part.usd for part in priced if part.usd is not None]
    return CostQuote(
        usd=sum(known) if len(known) == len(priced) else None,
        parts=priced,
        assumptions=(*(line for part in works for line in part.work.assumptions), dated(book)),
    )


def merged_quote(parts: Iterable[WorkPart], book: PriceBook) -> Quote:
    """The parts' usage in one bill, item by item."""
    works = tuple(part.work for part in parts)
    return Quote(
        bill=estimate((use for work in works for use in used(work, book)), book),
        assumptions=(*(line for work in works for line in work.assumptions), dated(book)),
    )


def _priced(part: WorkPart, book: PriceBook) -> CostPart:
    most = estimate(used(part.work, book), book)
    usual = estimate(part.work.usual, book) if part.work.usual else most
    return CostPart(
        name=part.name,
        usd=_dollars(most.total_usd),
        usual_usd=_dollars(usual.total_usd),
        is_unsure=bool(most.unsure),
    )


def _dollars(usd: Decimal | None) -> float | None:
    return None if usd is None else float(usd)

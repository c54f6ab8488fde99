"""Which arms a storyboard lacks for its numbers, and what drawing them costs."""

from __future__ import annotations

from onmodel.contracts.drawings import BASE, REFERENCES, TUNED
from onmodel.contracts.settings import Settings
from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import WorkPart
from onmodel.formats.wording import dollars, listed
from onmodel.money.judging_quotes import judging_part, judging_usage
from onmodel.money.pricebook import PriceBook
from onmodel.money.training_quotes import cost_quote
from onmodel.ports.trainer import TrainerRules

NEEDED_FOR = {
    REFERENCES: "whether pictures of the characters alone would do as well",
    BASE: "whether it is better than the untrained model, and as diverse",
}


def undrawn_arms(
    storyboard: Storyboard,
    settings: Settings,
    trainer: TrainerRules,
    book: PriceBook,
    *,
    production: str,
    name: str,
) -> str:
    """What cannot be said of the trained model, with the price and the way; '' for nothing.

    Args:
        storyboard: as it was drawn.
        settings: of the production, at that time.
        trainer: of the model.
        book: the price book in force.
        production: its slug.
        name: of its file, without the ending.
    """
    if TUNED not in storyboard.arms:
        return ""
    lacking = [arm for arm in NEEDED_FOR if arm not in storyboard.arms]
    if not lacking:
        return ""
    unknown = f"Not known: {listed([NEEDED_FOR[arm] for arm in lacking])}."
    jobs = trainer.drawing_jobs
    if jobs is None or not set(lacking) <= set(trainer.arms):
        return f"{unknown} The trainer {trainer.name} draws with the trained model alone."
    more = storyboard.model_copy(update={"arms": tuple(lacking)})
    each = len(storyboard.scenes) * storyboard.takes * storyboard.images
    options = jobs.drawing_options(more, settings.training)
    work = jobs.drawing_work(dict.fromkeys(lacking, each), options)
    parts = (WorkPart(name="drawing", work=work), *judging_part(judging_usage(more, settings)))
    quote = cost_quote(parts, book)
    price = f"usually {dollars(quote.usual_usd)} more, at most {dollars(quote.usd)}"
    return (
        f"{unknown} Write `arms: [{', '.join((TUNED, *lacking))}]` into {name}.yaml and send it by"
        f" `onmodel storyboard {name}.yaml -p {production}`: drawing {listed(lacking)} costs"
        f" {price}."
    )

"""Quote a job that draws a storyboard, and decide whether a person must agree."""

from __future__ import annotations

from onmodel.contracts.storyboards import DrawingQuoted, QuoteDeploymentRequest
from onmodel.contracts.trainings import WorkPart
from onmodel.errors import EventRefused
from onmodel.money.agreements import why_above
from onmodel.money.judging_quotes import judging_part
from onmodel.money.pricebook import PriceBook
from onmodel.money.training_quotes import cost_quote
from onmodel.ports.trainer import TrainersRules


def quote_drawing(
    request: QuoteDeploymentRequest,
    *,
    rules: TrainersRules,
    prices: PriceBook,
    spend_limit_usd: float,
) -> DrawingQuoted:
    """Nobody is asked for what is within the limit, or was part of a training's quote.

    Raises:
        EventRefused: the storyboard's trainer draws with deployments.
    """
    plan = request.storyboard
    jobs = rules[plan.trainer].drawing_jobs
    if jobs is None:
        raise EventRefused(f"{plan.name} is not drawn by a job")
    work = jobs.drawing_work(plan.pictures, plan.options)
    parts = (WorkPart(name="drawing", work=work), *judging_part(plan.judging))
    quote = cost_quote(parts, prices)
    why = "" if plan.agreed else why_above("The quote", quote.usd, spend_limit_usd)
    asked = quote.model_copy(update={"why": why, "training_id": plan.training_id})
    return DrawingQuoted(
        usd=asked.usd, quote=asked, subject_id=plan.name, purpose="drawing", approval=bool(why)
    )

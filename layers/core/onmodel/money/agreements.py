"""Whether what was agreed to before a training covers the deployment that follows it."""

from __future__ import annotations

from onmodel.contracts.rows import TrainingBody
from onmodel.contracts.trainings import CostQuote
from onmodel.formats.wording import dollars

NOT_ASKED = "When this training was started, its deployment was not part of the question. {reason}"


def why_deployment_is_asked(training: TrainingBody, now: CostQuote, limit_usd: float) -> str:
    """Why a person must agree to a deployment that follows a training; empty when it is covered.

    It is covered by what was approved with the training. Where nobody had to be asked, it is
    covered as long as the new total of captions, training and deployment is within the limit.

    Args:
        training: the row, with the parts that it was started for.
        now: the quote of the deployment by present settings and prices.
        limit_usd: the stack's spending limit.
    """
    if not training.agreed_parts:
        above = why_above("The deployment", now.usd, limit_usd)
        return NOT_ASKED.format(reason=above) if above else ""
    agreed = CostQuote(usd=None, parts=training.agreed_parts, assumptions=()).usd_of("deployment")
    if now.usd is not None and agreed is not None and now.usd <= agreed:
        return ""
    if agreed is None and training.approved:
        return ""  # a person approved a cost that was not known
    before = training.quoted_usd
    whole = None if now.usd is None or before is None else now.usd + before
    above = why_above("The total with captions and training", whole, limit_usd)
    if not training.approved and not above:
        return ""
    more = f"{dollars(agreed)} of the training's question were for the deployment; by the present"
    return f"{more} settings and prices it costs up to {dollars(now.usd)}. {above}".strip()


def why_above(what: str, usd: float | None, limit_usd: float) -> str:
    """Why an amount needs a person's approval, in one sentence; empty within the limit."""
    if usd is None:
        return "A price is missing, so that the cost is not known."
    return f"{what} is above the limit of {dollars(limit_usd)}." if usd > limit_usd else ""

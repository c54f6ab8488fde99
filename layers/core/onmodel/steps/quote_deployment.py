"""Quote the deployment of a model for a storyboard, before a person is asked."""

from __future__ import annotations

from onmodel.contracts.storyboards import DeploymentQuoted, QuoteDeploymentRequest
from onmodel.films.settings import settings_in_force
from onmodel.money.pricebook import PriceBook
from onmodel.money.quotes import deployment_quote
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import TrainerRules


def quote_deployment(
    request: QuoteDeploymentRequest,
    *,
    studio: ObjectStore,
    trainer: TrainerRules,
    prices: PriceBook,
    longest_hours: float,
) -> DeploymentQuoted:
    """The cost of its longest time, although it is retired when the storyboard is drawn."""
    plan = request.storyboard
    wish = settings_in_force(plan.production, studio).deployment.hours
    quoted = deployment_quote(trainer.deployment_work(min(wish, longest_hours)), book=prices)
    total = quoted.bill.total_usd
    return DeploymentQuoted(usd=None if total is None else float(total), subject_id=plan.name)

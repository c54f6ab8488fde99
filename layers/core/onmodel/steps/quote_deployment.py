"""Quote the deployment of a model for a storyboard, before a person is asked."""

from __future__ import annotations

from onmodel.contracts.storyboards import DeploymentQuoted, QuoteDeploymentRequest
from onmodel.errors import EventRefused
from onmodel.films.settings import settings_in_force
from onmodel.money.pricebook import PriceBook
from onmodel.money.quotes import deployment_quote
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import TrainersRules


def quote_deployment(
    request: QuoteDeploymentRequest,
    *,
    studio: ObjectStore,
    rules: TrainersRules,
    prices: PriceBook,
    longest_hours: float,
) -> DeploymentQuoted:
    """The cost of its longest time, although it is retired when the storyboard is drawn.

    Raises:
        EventRefused: the storyboard's trainer has no deployments.
    """
    plan = request.storyboard
    wish = settings_in_force(plan.production, studio).deployment.hours
    deployer = rules[plan.trainer].deployer
    if deployer is None:
        raise EventRefused(f"{plan.name} is drawn without a deployment")
    quoted = deployment_quote(deployer.deployment_work(min(wish, longest_hours)), book=prices)
    total = quoted.bill.total_usd
    return DeploymentQuoted(usd=None if total is None else float(total), subject_id=plan.name)

"""Quote the deployment of a model for a storyboard, before a person is asked."""

from __future__ import annotations

from onmodel.contracts.storyboards import DeploymentQuoted, QuoteDeploymentRequest
from onmodel.contracts.trainings import WorkPart
from onmodel.errors import EventRefused
from onmodel.films.settings import settings_in_force
from onmodel.money.judging_quotes import judging_part
from onmodel.money.pricebook import PriceBook
from onmodel.money.training_quotes import cost_quote
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import TrainersRules

ALWAYS_ASKED = "No model of the production is deployed, and a deployment is billed by the hour."


def quote_deployment(
    request: QuoteDeploymentRequest,
    *,
    studio: ObjectStore,
    rules: TrainersRules,
    prices: PriceBook,
    longest_hours: float,
    provision_minutes: float,
) -> DeploymentQuoted:
    """The cost of its longest time, although it is retired when the storyboard is drawn.

    Raises:
        EventRefused: the storyboard's trainer has no deployments.
    """
    plan = request.storyboard
    hours = min(settings_in_force(plan.production, studio).deployment.hours, longest_hours)
    deployer = rules[plan.trainer].deployer
    if deployer is None:
        raise EventRefused(f"{plan.name} is drawn without a deployment")
    work = deployer.deployment_work(hours, provision_minutes)
    parts = (WorkPart(name="deployment", work=work), *judging_part(plan.judging))
    quote = cost_quote(parts, prices)
    asked = quote.model_copy(
        update={"why": ALWAYS_ASKED, "training_id": plan.training_id, "hours": hours}
    )
    return DeploymentQuoted(usd=asked.usd, quote=asked, subject_id=plan.name)

"""Plan a deployment and schedule its end, before anything that costs money begins."""

from __future__ import annotations

from datetime import timedelta

from onmodel.contracts.deployments import Claim, DeploymentScheduled, ScheduleRetirementRequest
from onmodel.contracts.rows import DeploymentBody, DeploymentStage
from onmodel.deployments.ends import schedule_end
from onmodel.deployments.lifecycle import is_live
from onmodel.errors import EventRefused, RunClaimed
from onmodel.money.pricebook import PriceBook
from onmodel.ports.machines import Clock, Scheduler
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import TrainersRules
from onmodel.registry.kinds import DEPLOYMENTS, TRAININGS, DeploymentRow


def schedule_retirement(
    request: ScheduleRetirementRequest,
    *,
    registry: Registry,
    scheduler: Scheduler,
    rules: TrainersRules,
    prices: PriceBook,
    clock: Clock,
    provision_minutes: float,
    retire_model_arn: str,
) -> DeploymentScheduled:
    """Write the deployment's row, then its one-time schedule. A repeat changes neither.

    The end is computed with the longest time that the deployment may take to be in service; when it
    is in service, the end is moved to an earlier time.

    Raises:
        RunClaimed: another execution holds this deployment.
        EventRefused: the deployment is over or ending already.
    """
    claim = request.training
    found = DEPLOYMENTS.read(registry, claim.production, claim.deployment_id)
    if found is None:
        found = _plan(
            request,
            registry=registry,
            clock=clock,
            longest=timedelta(minutes=provision_minutes, hours=claim.hours),
            rules=rules,
            prices=prices,
        )
    elif found.holder != request.execution_arn:
        raise RunClaimed(f"{claim.deployment_id} is held by {found.holder}")
    elif not is_live(found):
        raise EventRefused(f"{claim.deployment_id} is {found.status} already")
    schedule_end(scheduler, found, found.body.retires_at, retire_model_arn)
    return DeploymentScheduled(
        production=claim.production,
        deployment_id=claim.deployment_id,
        training_id=claim.training_id,
        correlation_id=claim.correlation_id,
        storyboard_key=claim.storyboard_key,
        storyboard_version=claim.storyboard_version,
        retire_after_drawing=claim.retire_after_drawing,
    )


def _plan(
    request: ScheduleRetirementRequest,
    *,
    registry: Registry,
    clock: Clock,
    longest: timedelta,
    rules: TrainersRules,
    prices: PriceBook,
) -> DeploymentRow:
    """Raises Conflict when another execution planned the same at the same moment."""
    claim, now = request.training, clock()
    trainer = TRAININGS.require(registry, claim.production, claim.training_id).body.trainer
    items = rules[trainer].items
    body = DeploymentBody(
        training_id=claim.training_id,
        trainer=trainer,
        name=claim.deployment_id,
        correlation_id=claim.correlation_id,
        planned_by=request.execution_arn,
        requested_at=now,
        retires_at=now + longest,
        schedule_name=schedule_name(claim),
        hours=claim.hours,
        unit_usd_hour=_price(prices, items.deployment_hour),
        model_usd_month=_price(prices, items.model_month),
        storyboard_key=claim.storyboard_key,
        retire_after_drawing=claim.retire_after_drawing,
    )
    return DEPLOYMENTS.create(
        registry,
        claim.production,
        claim.deployment_id,
        status=DeploymentStage.PLANNED,
        body=body,
        now=now,
        holder=request.execution_arn,
    )


def schedule_name(claim: Claim) -> str:
    """The name of the one-time schedule, within the stack's own group."""
    return f"retire-{claim.deployment_id}-{claim.production}"


def _price(book: PriceBook, item: str | None) -> float | None:
    """Zero for what costs nothing; None when the price is missing, never zero."""
    if item is None:
        return 0.0
    price = book.price(item)
    return None if price is None or price.usd is None else float(price.usd)

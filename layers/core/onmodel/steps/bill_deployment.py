"""End a retirement: record that the deployment costs nothing any more, and its estimated bill."""

from __future__ import annotations

from datetime import datetime

from onmodel.contracts.deployments import RetireRequest
from onmodel.contracts.rows import DeploymentBody, DeploymentStage
from onmodel.ports.machines import Clock, Scheduler
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import TrainersRules
from onmodel.registry.kinds import DEPLOYMENTS, DeploymentRow


def bill_deployment(
    request: RetireRequest,
    *,
    registry: Registry,
    scheduler: Scheduler,
    rules: TrainersRules,
    clock: Clock,
) -> None:
    """Called when the deployment is confirmed to be deleted. A repeat changes nothing."""
    ref = request.deployment

    def decide(current: DeploymentRow) -> DeploymentRow | None:
        if current.status == DeploymentStage.RETIRED:
            return None
        now = clock()
        return (
            current.with_status(DeploymentStage.RETIRED)
            .with_holder(None)
            .with_fields(retired_at=now, estimated_usd=estimated_bill(current.body, now, rules))
        )

    retired = DEPLOYMENTS.change(registry, ref.production, ref.deployment_id, decide, clock)
    scheduler.delete(retired.body.schedule_name)


def estimated_bill(body: DeploymentBody, until: datetime, rules: TrainersRules) -> float | None:
    """The cost since the trainer was first asked for it; None without a price, never zero."""
    if body.provisioning_at is None:
        return 0.0
    deployer = rules[body.trainer].deployer
    if deployer is None or body.unit_usd_hour is None:
        return None
    return round(deployer.billed_hours(until - body.provisioning_at) * body.unit_usd_hour, 2)

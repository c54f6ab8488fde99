"""The end of a deployment: its schedule, how late it is, and its extension by a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from onmodel.contracts.deployments import (
    LONGEST_DEPLOYMENT_HOURS,
)
from onmodel.contracts.rows import DeploymentStage
from onmodel.errors import EventRefused, NotFound
from onmodel.ports.machines import Clock, Scheduler
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import DEPLOYMENTS, DeploymentRow

ALARM_EVERY = timedelta(hours=1)
"""Hours between alarms: an hour costs 60 dollars."""


def retirement_due(deployment: DeploymentRow) -> datetime:
    """When the retirement began, or is to begin."""
    return deployment.body.retiring_since or deployment.body.retires_at


def hours_overdue(deployment: DeploymentRow, now: datetime) -> int:
    """Whole hours since the retirement began, or was to begin."""
    return max(0, int((now - retirement_due(deployment)) / ALARM_EVERY))


def end_by(
    scheduler: Scheduler, deployment: DeploymentRow, when: datetime, retire_model_arn: str
) -> None:
    """Schedule the retirement of a deployment; a deleted schedule is made again."""
    try:
        scheduler.move(deployment.body.schedule_name, when)
    except NotFound:
        schedule_end(scheduler, deployment, when, retire_model_arn)


def schedule_end(
    scheduler: Scheduler, deployment: DeploymentRow, when: datetime, retire_model_arn: str
) -> None:
    """Raises what the scheduler raises: then nothing that costs money may be started."""
    scheduler.at(
        deployment.body.schedule_name,
        when,
        retire_model_arn,
        retire_payload(deployment, "its time is up"),
    )


def retire_payload(deployment: DeploymentRow, reason: str) -> dict[str, Any]:
    """RetireModel's input."""
    return {
        "deployment": {
            "production": deployment.production,
            "deployment_id": deployment.id,
            "reason": reason,
            "correlation_id": deployment.body.correlation_id,
        }
    }


def extend_deployment(
    production: str,
    deployment_id: str,
    hours: float,
    *,
    registry: Registry,
    scheduler: Scheduler,
    clock: Clock,
    retire_model_arn: str,
) -> DeploymentRow:
    """Move the end of a deployment that is in service; only for a person's request.

    Args:
        production: of the deployment.
        deployment_id: of the deployment.
        hours: from now, at most 24.
        registry: the row is changed first: if the process ends in between, the old, earlier
            schedule stays.
        scheduler: the schedule is changed second.
        clock: now.
        retire_model_arn: RetireModel.

    Raises:
        EventRefused: it is not in service, or too many hours are asked for.
    """
    if not 0 < hours <= LONGEST_DEPLOYMENT_HOURS:
        raise EventRefused(
            f"A deployment cannot be extended by {hours:g} hours",
            f"Give more than 0 and at most {LONGEST_DEPLOYMENT_HOURS} hours; extend it again later",
        )
    end = clock() + timedelta(hours=hours)

    def decide(current: DeploymentRow) -> DeploymentRow:
        if current.status != DeploymentStage.IN_SERVICE:
            raise EventRefused(
                f"{deployment_id} is {current.status}, not in service",
                f"Deploy the model again: `onmodel deploy -p {production}`",
            )
        return current.with_fields(retires_at=end)

    extended = DEPLOYMENTS.change(registry, production, deployment_id, decide, clock)
    end_by(scheduler, extended, end, retire_model_arn)
    return extended

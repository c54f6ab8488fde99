"""Check whether a deployment is in service yet, and move its end to an earlier time when it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from onmodel.contracts.deployments import (
    DeploymentChecked,
    DeploymentRequest,
    DeploymentState,
    DeploymentStatus,
)
from onmodel.contracts.rows import DeploymentStage
from onmodel.deployments.ends import end_by
from onmodel.deployments.lifecycle import is_live, state_at_trainer
from onmodel.ports.machines import Clock, Scheduler
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Trainers
from onmodel.registry.kinds import DEPLOYMENTS, DeploymentRow

State = Literal["creating", "in_service", "failed", "gone", "late"]

GRACE_AFTER_PROVISIONING = timedelta(minutes=2)
"""A new deployment may not be found yet: control planes are eventually consistent."""


def check_deployment(
    request: DeploymentRequest,
    *,
    registry: Registry,
    scheduler: Scheduler,
    trainers: Trainers,
    clock: Clock,
    provision_minutes: float,
    retire_model_arn: str,
) -> DeploymentChecked:
    """Read the state at the trainer and record it; after the limit the deployment is `late`.

    Other states than `creating` and `in_service` are recorded with their reason, for the mail.
    """
    ref = request.deployment
    deployment = DEPLOYMENTS.require(registry, ref.production, ref.deployment_id)
    if not is_live(deployment):
        return DeploymentChecked(state="gone")
    now = clock()
    at_trainer = state_at_trainer(trainers, deployment)
    state, reason = _judge(deployment, at_trainer, now, timedelta(minutes=provision_minutes))
    if state == "in_service":
        _serve(deployment, registry, scheduler, clock, retire_model_arn)
    elif state != "creating":
        DEPLOYMENTS.change(
            registry,
            ref.production,
            ref.deployment_id,
            lambda current: current.with_fields(reason=reason) if is_live(current) else None,
            clock,
        )
    return DeploymentChecked(state=state)


def _judge(
    deployment: DeploymentRow, at_trainer: DeploymentState | None, now: datetime, limit: timedelta
) -> tuple[State, str]:
    body = deployment.body
    began = body.provisioning_at or body.requested_at
    minutes = limit.total_seconds() / 60
    if now >= body.retires_at:
        return "late", "Its time was over before it was in service"
    if at_trainer is None and now - began >= GRACE_AFTER_PROVISIONING:
        return "gone", "It was deleted outside onmodel"
    if at_trainer is not None and at_trainer.status == DeploymentStatus.FAILED:
        return "failed", at_trainer.reason or "The service gives no reason"
    if at_trainer is not None and at_trainer.status == DeploymentStatus.IN_SERVICE:
        return "in_service", ""
    if now - body.requested_at >= limit:
        return "late", f"It was not in service within {minutes:g} minutes"
    return "creating", ""


def _serve(
    deployment: DeploymentRow,
    registry: Registry,
    scheduler: Scheduler,
    clock: Clock,
    retire_model_arn: str,
) -> None:
    """Record the beginning; the end is its hours later, but not later than planned.

    The schedule is changed before the row: if the function ends in between, the deployment ends
    early and not late.
    """
    if deployment.status == DeploymentStage.IN_SERVICE:
        return
    now = clock()
    end = min(deployment.body.retires_at, now + timedelta(hours=deployment.body.hours))
    end_by(scheduler, deployment, end, retire_model_arn)
    DEPLOYMENTS.change(
        registry,
        deployment.production,
        deployment.id,
        lambda current: (
            current.with_status(DeploymentStage.IN_SERVICE).with_fields(
                in_service_at=now, retires_at=end
            )
            if current.status == DeploymentStage.CREATING
            else None
        ),
        clock,
    )

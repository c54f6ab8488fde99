"""Facts about the ends of deployments: that one is gone, or that it cannot be switched off."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import DeploymentStage
from onmodel.deployments.ends import hours_overdue
from onmodel.deployments.events import retired_event, stuck_event
from onmodel.errors import EventRefused, plain_text
from onmodel.notifications.facts.alarms import AlarmFacts
from onmodel.notifications.facts.base import Facts, Notification, Sources, caught
from onmodel.notifications.facts.deployments import deployed_model_name
from onmodel.registry.kinds import DEPLOYMENTS, DeploymentRow


class RetiredFacts(Facts):
    """It was confirmed that the deployment no longer exists."""

    kind: ClassVar[str] = "retired"

    model: str
    reason: str = Field(description="'' when its time was over")
    hours: float = Field(description="billed, by our count")
    usd: float | None = Field(description="estimated bill of the deployment")
    was_made: bool = Field(default=True, description="whether the trainer was asked and made it")
    usd_a_month: float | None = Field(description="of keeping model and data")


class RetirementStuckFacts(Facts):
    """A deployment that should have ended still costs money by the hour."""

    kind: ClassVar[str] = "retirement_stuck"

    deployment: str = Field(description="name or ARN of the deployment that is still billed")
    hours: int = Field(ge=0, description="whole hours since its retirement began")
    reason: str
    usd_per_hour: float | None = Field(description="None when its price is missing")


def retired(request: NotificationRequest, sources: Sources) -> Notification:
    deployment = DEPLOYMENTS.require(sources.registry, request.production, request.id)
    body = deployment.body
    if body.retired_at is None:
        raise EventRefused(f"{request.id} is {deployment.status}: it may still exist")
    facts = RetiredFacts(
        production=request.production,
        model=deployed_model_name(deployment, sources),
        reason=plain_text(body.reason or ""),
        hours=_hours(body.provisioning_at, body.retired_at),
        usd=body.estimated_usd,
        was_made=body.provisioning_at is not None,
        usd_a_month=body.model_usd_month,
    )
    return Notification(facts, retired_event(deployment))


def retirement_stuck(request: NotificationRequest, sources: Sources) -> Notification:
    """It still exists; if it does not and only its machine failed, a mail without an alarm."""
    deployment = DEPLOYMENTS.require(sources.registry, request.production, request.id)
    if deployment.status == DeploymentStage.RETIRED:
        return _unfinished(request, deployment)
    facts = RetirementStuckFacts(
        production=request.production,
        deployment=deployment.body.deployment_ref or deployment.id,
        hours=hours_overdue(deployment, sources.now),
        reason=caught(request)
        if "error" in request.extra
        else "It was asked to stop and is still there",
        usd_per_hour=deployment.body.unit_usd_hour,
    )
    return Notification(facts, stuck_event(deployment, sources.now))


def _unfinished(request: NotificationRequest, deployment: DeploymentRow) -> Notification:
    facts = AlarmFacts(
        production=request.production,
        what=f"the retirement of {deployment.id} failed after the deployment was deleted",
        details=("It no longer exists: nothing of it bills by the hour", caught(request)),
        advice="It is tried again every 15 minutes",
    )
    return Notification(facts, f"retirement_unfinished:{request.id}")


def _hours(begun: datetime | None, ended: datetime) -> float:
    return 0.0 if begun is None else (ended - begun).total_seconds() / 3600

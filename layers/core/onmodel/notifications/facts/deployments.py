"""Facts about models that are ready, deployed or not."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from onmodel.contracts.base import Contract
from onmodel.contracts.keys import DatasetKeys, StoryboardKeys
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import DeploymentStage, StoryboardBody, StoryboardStatus
from onmodel.deployments.events import (
    failed_event,
    ready_event,
    trained_event,
)
from onmodel.deployments.lifecycle import is_live
from onmodel.errors import plain_text
from onmodel.notifications.facts.base import Facts, Notification, Sources, caught
from onmodel.notifications.facts.storyboards import StoryboardDrawnFacts
from onmodel.registry.kinds import DATASETS, DEPLOYMENTS, STORYBOARDS, TRAININGS, DeploymentRow

NOT_IN_SERVICE = "NotInService"
"""DeployModel's error when the trainer reports a failure; check_deployment wrote the reason."""


class ModelReadyFacts(Facts):
    kind: ClassVar[str] = "model_ready"

    model: str
    notices: tuple[str, ...] = Field(description="of the dataset, for example of a simulation")
    retired_after_drawing: bool = Field(description="deployed for one storyboard alone")
    gallery: str = Field(description="of the first storyboard; '' when it could not be drawn")
    advice: tuple[str, ...] = Field(description="what the numbers say, in sentences")
    loss_curve: str = Field(description="'' without one")
    usd_per_hour: float | None = Field(description="None when its price is missing")
    usd_until_retired: float | None
    retires_at: datetime


class ModelTrainedFacts(Facts):
    """A model is ready that is not deployed: jobs draw with it, and end by themselves."""

    kind: ClassVar[str] = "model_trained"

    model: str
    notices: tuple[str, ...] = Field(description="of the dataset, for example of a simulation")
    gallery: str = Field(description="of the first storyboard; '' when it could not be drawn")
    advice: tuple[str, ...] = Field(description="what the numbers say, in sentences")
    loss_curve: str = Field(description="'' without one")
    training_usd: float | None = Field(description="estimated bill; None when it is not known")
    drawing_usd: float | None = Field(description="of the first storyboard; None: not known")


class DeployedModel(Contract):
    """A deployed model of the production."""

    model: str
    deployment: str
    retires_at: datetime


class DeploymentFailedFacts(Facts):
    """The model is trained and could not be deployed; what was started is being retired."""

    kind: ClassVar[str] = "deployment_failed"

    model: str
    reason: str
    account_may_lack: bool = Field(description="whether a quota or a right may be missing")
    is_begun: bool = Field(default=True, description="whether the trainer may have made it")
    instead_of: DeployedModel | None = Field(
        default=None, description="the production's older model that is deployed meanwhile"
    )


def model_ready(request: NotificationRequest, sources: Sources) -> Notification:
    """In service; for a deployment that ended before this mail, another text of the same event."""
    deployment = DEPLOYMENTS.require(sources.registry, request.production, request.id)
    if deployment.status != DeploymentStage.IN_SERVICE:
        return Notification(_ended_meanwhile(deployment, sources), ready_event(request.id))
    body = deployment.body
    begun = body.provisioning_at or body.requested_at
    hours = (body.retires_at - begun).total_seconds() / 3600
    facts = ModelReadyFacts(
        production=request.production,
        model=deployed_model_name(deployment, sources),
        notices=_notices(deployment, sources),
        retired_after_drawing=body.retire_after_drawing,
        gallery=_gallery(deployment, sources),
        advice=drawn.advice if (drawn := _newest_take(deployment, sources)) else (),
        loss_curve=_loss_curve(deployment, sources),
        usd_per_hour=body.unit_usd_hour,
        usd_until_retired=None if body.unit_usd_hour is None else hours * body.unit_usd_hour,
        retires_at=body.retires_at,
    )
    return Notification(facts, ready_event(request.id))


def model_trained(request: NotificationRequest, sources: Sources) -> Notification:
    """`id` is the training's."""
    training = TRAININGS.require(sources.registry, request.production, request.id)
    body = training.body
    drawn = [
        row
        for row in STORYBOARDS.list(sources.registry, request.production)
        if row.status == StoryboardStatus.DRAWN and row.body.training_id == request.id
    ]
    first = min(drawn, key=lambda row: row.created_at, default=None)
    dataset = DATASETS.read(sources.registry, request.production, body.dataset_id)
    curve = DatasetKeys(request.production, body.dataset_id).loss_curve
    facts = ModelTrainedFacts(
        production=request.production,
        model=body.model_name or request.id,
        notices=dataset.body.notices if dataset else (),
        gallery=""
        if first is None
        else sources.link(
            StoryboardKeys(request.production, first.body.name, first.body.take).gallery
        ),
        advice=first.body.advice if first else (),
        loss_curve=sources.link(curve) if body.loss_curve_key else "",
        training_usd=body.estimated_usd,
        drawing_usd=first.body.estimated_usd if first else None,
    )
    return Notification(facts, trained_event(request.id))


def _ended_meanwhile(deployment: DeploymentRow, sources: Sources) -> Facts:
    """Its time was over, or a person retired it, before the mail was sent."""
    drawn = _newest_take(deployment, sources)
    if drawn is not None:
        return StoryboardDrawnFacts.of(deployment.production, drawn, sources)
    return DeploymentFailedFacts(
        production=deployment.production,
        model=deployed_model_name(deployment, sources),
        reason="It was switched off before its storyboard was drawn",
        account_may_lack=False,
    )


def deployment_failed(request: NotificationRequest, sources: Sources) -> Notification:
    """The reason that check_deployment wrote, else the error that the machine caught."""
    deployment = DEPLOYMENTS.read(sources.registry, request.production, request.id)
    written = deployment.body.reason if deployment else None
    not_in_service = request.extra.get("error", NOT_IN_SERVICE) == NOT_IN_SERVICE
    facts = DeploymentFailedFacts(
        production=request.production,
        model=deployed_model_name(deployment, sources) if deployment else request.id,
        reason=plain_text(written) if written and not_in_service else caught(request),
        account_may_lack=True,
        is_begun=deployment is None or deployment.body.provisioning_at is not None,
        instead_of=_other_deployed(deployment, sources) if deployment else None,
    )
    return Notification(facts, failed_event(request.id))


def _other_deployed(deployment: DeploymentRow, sources: Sources) -> DeployedModel | None:
    """Another training's deployment of the production: it may hold the only model unit."""
    others = [
        row
        for row in DEPLOYMENTS.list(sources.registry, deployment.production)
        if is_live(row) and row.body.training_id != deployment.body.training_id
    ]
    holder = max(others, key=lambda row: row.body.retires_at, default=None)
    if holder is None or deployment.body.provisioning_at is not None:
        return None
    return DeployedModel(
        model=deployed_model_name(holder, sources),
        deployment=holder.id,
        retires_at=holder.body.retires_at,
    )


def deployed_model_name(deployment: DeploymentRow, sources: Sources) -> str:
    """As the trainer calls it; the training's id while it has no such name."""
    training_id = deployment.body.training_id
    row = TRAININGS.read(sources.registry, deployment.production, training_id)
    return (row.body.model_name if row else None) or training_id


def _newest_take(deployment: DeploymentRow, sources: Sources) -> StoryboardBody | None:
    """A link to the gallery that this deployment drew."""
    drawn = [
        row
        for row in STORYBOARDS.list(sources.registry, deployment.production)
        if row.status == StoryboardStatus.DRAWN and row.body.deployment_id == deployment.id
    ]
    newest = max(drawn, key=lambda row: row.updated_at, default=None)
    return newest.body if newest else None


def _gallery(deployment: DeploymentRow, sources: Sources) -> str:
    body = _newest_take(deployment, sources)
    if body is None:
        return ""
    return sources.link(StoryboardKeys(deployment.production, body.name, body.take).gallery)


def _loss_curve(deployment: DeploymentRow, sources: Sources) -> str:
    row = TRAININGS.read(sources.registry, deployment.production, deployment.body.training_id)
    if row is None or not row.body.loss_curve_key:
        return ""
    return sources.link(DatasetKeys(deployment.production, row.body.dataset_id).loss_curve)


def _notices(deployment: DeploymentRow, sources: Sources) -> tuple[str, ...]:
    """The dataset's notices, which are true of its model too."""
    training = TRAININGS.read(sources.registry, deployment.production, deployment.body.training_id)
    if training is None:
        return ()
    dataset = DATASETS.read(sources.registry, deployment.production, training.body.dataset_id)
    return dataset.body.notices if dataset else ()

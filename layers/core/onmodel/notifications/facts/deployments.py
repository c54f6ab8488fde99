"""Mails about trainings that end, and about models that answer and stop answering."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from onmodel.contracts.keys import DatasetKeys, StoryboardKeys
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import (
    DeploymentStage,
    StoryboardBody,
    StoryboardStatus,
    TrainingBody,
    TrainingStage,
)
from onmodel.deployments.ends import hours_overdue
from onmodel.deployments.events import (
    failed_event,
    ready_event,
    retired_event,
    stuck_event,
    training_failed_event,
)
from onmodel.errors import EventRefused
from onmodel.notifications.facts.base import Facts, Tellers, Told
from onmodel.notifications.facts.trainings import caught
from onmodel.notifications.mails import (
    Mail,
    alarm,
    deployment_failed,
    model_ready,
    retired,
    retirement_stuck,
    storyboard_drawn,
    training_failed,
)
from onmodel.registry.kinds import DATASETS, DEPLOYMENTS, STORYBOARDS, TRAININGS, DeploymentRow

DRAWN_AND_DONE = (
    "It was deployed for this storyboard alone and is being switched off now; a mail says when it"
    " is gone."
)

OUTCOMES: dict[str, Literal["failed", "stopped", "gone"]] = {
    TrainingStage.FAILED: "failed",
    TrainingStage.STOPPED: "stopped",
    TrainingStage.GONE: "gone",
}


def tell_training_failed(asked: NotificationRequest, facts: Facts) -> Told:
    row = facts.row(TRAININGS, asked)
    body = row.body
    if row.status not in OUTCOMES:
        raise EventRefused(f"Training {row.id} is {row.status}: nothing failed")
    mail = training_failed(
        production=asked.production,
        training_id=asked.id,
        outcome=OUTCOMES[row.status],
        reason=body.reason or "",
        advice="Upload a film again to train anew, or change the training settings first",
        correlation_id=asked.correlation_id,
    )
    return Told(mail, training_failed_event(asked.id))


def tell_model_ready(asked: NotificationRequest, facts: Facts) -> Told:
    """It answers, and its first storyboard is drawn or could not be."""
    deployment = facts.row(DEPLOYMENTS, asked)
    if deployment.status != DeploymentStage.IN_SERVICE:
        return Told(_over_meanwhile(asked, deployment, facts), ready_event(asked.id))
    body = deployment.body
    begun = body.provisioning_at or body.requested_at
    hours = (body.retires_at - begun).total_seconds() / 3600
    mail = model_ready(
        production=asked.production,
        model=_model_name(deployment, facts),
        usd_per_hour=body.unit_usd_hour,
        usd_until_retired=None if body.unit_usd_hour is None else hours * body.unit_usd_hour,
        retires_at=body.retires_at,
        gallery=_gallery(deployment, facts),
        loss_curve=_loss_curve(deployment, facts),
        stack=facts.stack,
        correlation_id=asked.correlation_id,
        notices=_notices(deployment, facts),
    )
    return Told(mail, ready_event(asked.id))


def _over_meanwhile(asked: NotificationRequest, deployment: DeploymentRow, facts: Facts) -> Mail:
    """Its time was over, or somebody retired it, while it drew: never say that it answers."""
    drawn = _newest_take(deployment, facts)
    if drawn is None:
        return deployment_failed(
            production=asked.production,
            model=_model_name(deployment, facts),
            reason="It was switched off before its storyboard was drawn",
            advice="`onmodel deploy` makes it answer again",
            correlation_id=asked.correlation_id,
        )
    number = drawn.drawn or 0
    return storyboard_drawn(
        production=asked.production,
        storyboard=drawn.title or drawn.name,
        panels=number,
        missing=drawn.panels - number,
        gallery=_gallery(deployment, facts),
        usd=drawn.estimated_usd,
        correlation_id=asked.correlation_id,
    )


NOT_IN_SERVICE = "NotInService"
"""What DeployModel calls it when the trainer says so: then check_deployment wrote down why."""


def tell_deployment_failed(asked: NotificationRequest, facts: Facts) -> Told:
    """What check_deployment wrote down, else the error that the machine caught."""
    deployment = DEPLOYMENTS.read(facts.registry, asked.production, asked.id)
    written = deployment.body.reason if deployment else None
    if written and asked.extra.get("error", NOT_IN_SERVICE) == NOT_IN_SERVICE:
        reason = written
    else:
        reason = caught(asked)
    mail = deployment_failed(
        production=asked.production,
        model=_model_name(deployment, facts) if deployment else asked.id,
        reason=reason,
        advice="`onmodel doctor` looks at quotas and models; `onmodel deploy` tries again",
        correlation_id=asked.correlation_id,
    )
    return Told(mail, failed_event(asked.id))


def tell_retired(asked: NotificationRequest, facts: Facts) -> Told:
    deployment = facts.row(DEPLOYMENTS, asked)
    body = deployment.body
    if body.retired_at is None:
        raise EventRefused(f"{asked.id} is {deployment.status}: it was not seen to be gone")
    mail = retired(
        production=asked.production,
        model=_model_name(deployment, facts),
        hours=_hours(body.provisioning_at, body.retired_at),
        usd=body.estimated_usd,
        usd_a_month=body.model_usd_month,
        why=f"Why: {body.reason}" if body.reason else "Its time was over",
        stack=facts.stack,
        correlation_id=asked.correlation_id,
    )
    return Told(mail, retired_event(deployment))


def tell_retirement_stuck(asked: NotificationRequest, facts: Facts) -> Told:
    deployment = facts.row(DEPLOYMENTS, asked)
    if deployment.status == DeploymentStage.RETIRED:
        return _unfinished(asked, deployment)
    now = deployment.updated_at
    hours = int(asked.extra.get("round", "0")) or hours_overdue(deployment, now)
    mail = retirement_stuck(
        production=asked.production,
        deployment=deployment.body.deployment_ref or deployment.id,
        reason=caught(asked)
        if "error" in asked.extra
        else f"It was asked to stop {hours} h ago and is still there",
        usd_per_hour=deployment.body.unit_usd_hour,
        command=f"onmodel retire --production {asked.production} --stack {facts.stack}",
        correlation_id=asked.correlation_id,
    )
    return Told(mail, stuck_event(asked.id, hours))


def _unfinished(asked: NotificationRequest, deployment: DeploymentRow) -> Told:
    """Seen to be gone; only what comes after it broke off: no alarm about money."""
    mail = alarm(
        what=f"the retirement of {deployment.id} broke off after its end",
        facts=("It was seen to be gone: nothing of it bills by the hour", caught(asked)),
        advice="It is finished by itself every 15 minutes; search the logs for the id below",
        correlation_id=asked.correlation_id,
    )
    return Told(mail, f"retirement_unfinished:{asked.id}")


def tell_alarm(asked: NotificationRequest, _facts: Facts) -> Told:
    """Anything else that needs a person: `extra` has `what` and `advice`, and the error."""
    what = asked.extra.get("what", "something broke off")
    mail = alarm(
        what=what,
        facts=(f"Production {asked.production}, {asked.id}", caught(asked)),
        advice=asked.extra.get("advice", "Search the logs for the id below"),
        correlation_id=asked.correlation_id,
    )
    return Told(mail, f"alarm:{what}:{asked.id}:{asked.correlation_id}")


def _model_name(deployment: DeploymentRow, facts: Facts) -> str:
    training = _training(deployment, facts)
    return (training and training.model_name) or deployment.body.training_id


def _training(deployment: DeploymentRow, facts: Facts) -> TrainingBody | None:
    row = TRAININGS.read(facts.registry, deployment.production, deployment.body.training_id)
    return None if row is None else row.body


def _newest_take(deployment: DeploymentRow, facts: Facts) -> StoryboardBody | None:
    """Of what this deployment drew."""
    drawn = [
        row
        for row in STORYBOARDS.list(facts.registry, deployment.production)
        if row.status == StoryboardStatus.DRAWN and row.body.deployment_id == deployment.id
    ]
    newest = max(drawn, key=lambda row: row.updated_at, default=None)
    return None if newest is None else newest.body


def _gallery(deployment: DeploymentRow, facts: Facts) -> str:
    body = _newest_take(deployment, facts)
    if body is None:
        return ""
    return facts.link(StoryboardKeys(deployment.production, body.name, body.take).gallery)


def _loss_curve(deployment: DeploymentRow, facts: Facts) -> str:
    training = _training(deployment, facts)
    if training is None or not training.loss_curve_key:
        return ""
    return facts.link(DatasetKeys(deployment.production, training.dataset_id).loss_curve)


def _notices(deployment: DeploymentRow, facts: Facts) -> tuple[str, ...]:
    """What the dataset's reader had to know holds for its model too."""
    own = (DRAWN_AND_DONE,) if deployment.body.retire_after_drawing else ()
    training = _training(deployment, facts)
    if training is None:
        return own
    dataset = DATASETS.read(facts.registry, deployment.production, training.dataset_id)
    return own if dataset is None else (*own, *dataset.body.notices)


def _hours(begun: datetime | None, ended: datetime) -> float:
    return 0.0 if begun is None else (ended - begun).total_seconds() / 3600


TELLERS: Tellers = {
    "training_failed": tell_training_failed,
    "model_ready": tell_model_ready,
    "deployment_failed": tell_deployment_failed,
    "retired": tell_retired,
    "retirement_stuck": tell_retirement_stuck,
    "alarm": tell_alarm,
}

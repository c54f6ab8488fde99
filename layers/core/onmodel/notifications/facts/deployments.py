"""Mails about trainings that end, and about models that answer and stop answering."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from onmodel.contracts.keys import DatasetKeys, StoryboardKeys
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import (
    DatasetBody,
    DeploymentStage,
    Kind,
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
from onmodel.deployments.lifecycle import Deployment
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
    row = facts.row(Kind.TRAINING, asked)
    body = TrainingBody.model_validate(row.body)
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
    deployment = Deployment.of(facts.row(Kind.DEPLOYMENT, asked))
    if deployment.stage != DeploymentStage.IN_SERVICE:
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


def _over_meanwhile(asked: NotificationRequest, deployment: Deployment, facts: Facts) -> Mail:
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
    record = facts.registry.get(asked.production, Kind.DEPLOYMENT, asked.id)
    deployment = None if record is None else Deployment.of(record)
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
    deployment = Deployment.of(facts.row(Kind.DEPLOYMENT, asked))
    body = deployment.body
    if body.retired_at is None:
        raise EventRefused(f"{asked.id} is {deployment.stage}: it was not seen to be gone")
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
    deployment = Deployment.of(facts.row(Kind.DEPLOYMENT, asked))
    if deployment.stage == DeploymentStage.RETIRED:
        return _unfinished(asked, deployment)
    now = deployment.record.updated_at
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


def _unfinished(asked: NotificationRequest, deployment: Deployment) -> Told:
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


def _model_name(deployment: Deployment, facts: Facts) -> str:
    row = facts.registry.get(deployment.production, Kind.TRAINING, deployment.body.training_id)
    name = None if row is None else TrainingBody.model_validate(row.body).model_name
    return name or deployment.body.training_id


def _newest_take(deployment: Deployment, facts: Facts) -> StoryboardBody | None:
    """Of what this deployment drew."""
    drawn = [
        row
        for row in facts.registry.list(deployment.production, Kind.STORYBOARD)
        if row.status == StoryboardStatus.DRAWN and row.body.get("deployment_id") == deployment.id
    ]
    newest = max(drawn, key=lambda row: row.updated_at, default=None)
    return None if newest is None else StoryboardBody.model_validate(newest.body)


def _gallery(deployment: Deployment, facts: Facts) -> str:
    body = _newest_take(deployment, facts)
    if body is None:
        return ""
    return facts.link(StoryboardKeys(deployment.production, body.name, body.take).gallery)


def _loss_curve(deployment: Deployment, facts: Facts) -> str:
    row = facts.registry.get(deployment.production, Kind.TRAINING, deployment.body.training_id)
    if row is None:
        return ""
    body = TrainingBody.model_validate(row.body)
    keys = DatasetKeys(deployment.production, body.dataset_id)
    return facts.link(keys.loss_curve) if body.loss_curve_key else ""


def _notices(deployment: Deployment, facts: Facts) -> tuple[str, ...]:
    """What the dataset's reader had to know holds for its model too."""
    own = (DRAWN_AND_DONE,) if deployment.body.retire_after_drawing else ()
    row = facts.registry.get(deployment.production, Kind.TRAINING, deployment.body.training_id)
    if row is None:
        return own
    dataset = TrainingBody.model_validate(row.body).dataset_id
    made = facts.registry.get(deployment.production, Kind.DATASET, dataset)
    return own if made is None else (*own, *DatasetBody.model_validate(made.body).notices)


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

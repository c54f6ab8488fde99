"""Mails about trainings that end, and about models that answer and stop answering."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from onmodel.contracts.requests import MailRequest
from onmodel.deployments import (
    Deployment,
    failed_event,
    hours_overdue,
    ready_event,
    retired_event,
    stuck_event,
    training_failed_event,
)
from onmodel.errors import EventRefused
from onmodel.keys import DatasetKeys, StoryboardKeys
from onmodel.mails import (
    alarm,
    deployment_failed,
    model_ready,
    retired,
    retirement_stuck,
    training_failed,
)
from onmodel.records import Kind
from onmodel.records_training import (
    DatasetBody,
    StoryboardBody,
    StoryboardStatus,
    TrainingBody,
    TrainingStage,
)
from onmodel.telling.facts import Facts, Tellers, Told
from onmodel.telling.trainings import caught

OUTCOMES: dict[str, Literal["failed", "stopped", "gone"]] = {
    TrainingStage.FAILED: "failed",
    TrainingStage.STOPPED: "stopped",
    TrainingStage.GONE: "gone",
}


def tell_training_failed(asked: MailRequest, facts: Facts) -> Told:
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


def tell_model_ready(asked: MailRequest, facts: Facts) -> Told:
    deployment = Deployment.of(facts.row(Kind.DEPLOYMENT, asked))
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


NOT_IN_SERVICE = "NotInService"
"""What DeployModel calls it when the trainer says so: then check_deployment wrote down why."""


def tell_deployment_failed(asked: MailRequest, facts: Facts) -> Told:
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


def tell_retired(asked: MailRequest, facts: Facts) -> Told:
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


def tell_retirement_stuck(asked: MailRequest, facts: Facts) -> Told:
    deployment = Deployment.of(facts.row(Kind.DEPLOYMENT, asked))
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


def tell_alarm(asked: MailRequest, _facts: Facts) -> Told:
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


def _gallery(deployment: Deployment, facts: Facts) -> str:
    """Of the newest take that this deployment drew."""
    drawn = [
        (row, StoryboardBody.model_validate(row.body))
        for row in facts.registry.list(deployment.production, Kind.STORYBOARD)
        if row.status == StoryboardStatus.DRAWN and row.body.get("deployment_id") == deployment.id
    ]
    if not drawn:
        return ""
    _, body = max(drawn, key=lambda pair: pair[0].updated_at)
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
    row = facts.registry.get(deployment.production, Kind.TRAINING, deployment.body.training_id)
    if row is None:
        return ()
    dataset = TrainingBody.model_validate(row.body).dataset_id
    made = facts.registry.get(deployment.production, Kind.DATASET, dataset)
    return () if made is None else DatasetBody.model_validate(made.body).notices


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

"""Mails about datasets, approvals and trainings that begin."""

from __future__ import annotations

from onmodel.contracts.base import Options
from onmodel.contracts.keys import DatasetKeys, digest
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import (
    ApprovalStatus,
)
from onmodel.contracts.trainings import LabelledValue
from onmodel.datasets.generations import is_tried_again
from onmodel.errors import EventRefused, message_of
from onmodel.notifications.facts.base import Facts, Tellers, Told
from onmodel.notifications.mails import (
    approval_ended,
    dataset_ready,
    dataset_refused,
    training_failed,
    training_started,
)
from onmodel.registry.kinds import APPROVALS, DATASETS, GENERATIONS, TRAININGS, ApprovalRow

TRIED_AGAIN = "It is tried again by itself; what was paid for is not paid for again"
NOT_PAID_AGAIN = (
    "`onmodel train -p {production}` starts it again; what was captioned and paid for is used again"
)
NOT_AGREED_TO = (
    "It was not possible when the captions were quoted, so its own cost was never quoted nor agreed"
    " to. By now it is possible."
)


def tell_ready(asked: NotificationRequest, facts: Facts) -> Told:
    """The dataset is complete and cannot be trained on here."""
    body = facts.row(DATASETS, asked).body
    keys = DatasetKeys(asked.production, asked.id)
    mail = dataset_ready(
        production=asked.production,
        dataset_id=asked.id,
        films=len(body.films),
        pictures=body.captioned if body.captioned is not None else body.pictures,
        characters=body.named,
        reasons=body.findings or (NOT_AGREED_TO,),
        report=facts.link(keys.report),
        manifest=facts.place(keys.manifest),
        annotations=facts.place(keys.annotations),
        usd=body.estimated_usd,
        correlation_id=asked.correlation_id,
    )
    return Told(mail, f"dataset_ready:{asked.id}")


def tell_no_dataset(asked: NotificationRequest, facts: Facts) -> Told:
    """Too little to train on, or the manifest broke limits: told of the generation or dataset."""
    dataset_id, why, advice = asked.id, None, None
    generation = GENERATIONS.read(facts.registry, asked.production, asked.id)
    if generation is not None:
        told = generation.body
        dataset_id, why, advice = told.dataset_id or asked.id, told.reason, told.advice
    dataset = DATASETS.read(facts.registry, asked.production, dataset_id)
    if dataset is not None:
        why, advice = dataset.body.reason, dataset.body.advice
    if generation is None and dataset is None:
        raise EventRefused(f"No generation or dataset {asked.id} in {asked.production}")
    why = why or caught(asked)
    mail = dataset_refused(
        production=asked.production,
        reason=why,
        advice=advice or "",
        correlation_id=asked.correlation_id,
    )
    return Told(mail, f"dataset_refused:{asked.id}:{digest(why)}")


def tell_approval_ended(asked: NotificationRequest, facts: Facts) -> Told:
    """Nobody wanted it, or nobody answered. Asked for by what the approval was about."""
    row = _approval(asked, facts)
    body = row.body
    declined = row.status == ApprovalStatus.DECLINED
    mail = approval_ended(
        production=asked.production,
        purpose=body.purpose,
        subject=body.subject_id,
        outcome="declined" if declined else "expired",
        correlation_id=asked.correlation_id,
    )
    return Told(mail, f"approval_ended:{row.id}")


def tell_started(asked: NotificationRequest, facts: Facts) -> Told:
    training = facts.row(TRAININGS, asked).body
    dataset = DATASETS.require(facts.registry, asked.production, training.dataset_id).body
    captioned = dataset.pictures if dataset.captioned is None else dataset.captioned
    trained = dataset.trained or captioned
    mail = training_started(
        production=asked.production,
        dataset_id=training.dataset_id,
        model=training.model_name or asked.id,
        pictures=trained,
        validation=captioned - trained,
        characters=dataset.named,
        hyperparameters=training.described or _as_they_are(training.spec.hyperparameters),
        usd=training.quoted_usd,
        report=facts.link(DatasetKeys(asked.production, training.dataset_id).report),
        correlation_id=asked.correlation_id,
        notices=dataset.notices,
    )
    return Told(mail, f"training_started:{asked.id}")


def _as_they_are(hyperparameters: Options) -> tuple[LabelledValue, ...]:
    """Of a row that was written before it held their description."""
    return tuple(
        LabelledValue(value=str(value), label=name.replace("_", " "))
        for name, value in hyperparameters.items()
    )


def tell_not_started(asked: NotificationRequest, facts: Facts) -> Told:
    """TrainModel broke off, or the trainer refused. `id`: generation or dataset."""
    why = caught(asked)
    generation = GENERATIONS.read(facts.registry, asked.production, asked.id)
    by_itself = generation is not None and is_tried_again(generation)
    mail = training_failed(
        production=asked.production,
        training_id=asked.id,
        outcome="not started",
        reason=why,
        advice=TRIED_AGAIN if by_itself else NOT_PAID_AGAIN.format(production=asked.production),
        correlation_id=asked.correlation_id,
    )
    attempt = asked.extra.get("attempt", "")
    return Told(mail, f"training_not_started:{asked.id}:{attempt}:{digest(why)}")


def caught(asked: NotificationRequest) -> str:
    """The error that the machine caught, as it handed it on in `extra`."""
    if "error" not in asked.extra:
        return "an unknown fault"
    return message_of(asked.extra["error"], asked.extra.get("cause", ""))


def _approval(asked: NotificationRequest, facts: Facts) -> ApprovalRow:
    """The newest approval about a subject."""
    about = [
        row
        for row in APPROVALS.list(facts.registry, asked.production)
        if row.body.subject_id == asked.id
    ]
    if not about:
        raise EventRefused(f"No approval about {asked.id} in production {asked.production}")
    return max(about, key=lambda row: row.created_at)


TELLERS: Tellers = {
    "dataset_ready": tell_ready,
    "dataset_refused": tell_no_dataset,
    "approval_ended": tell_approval_ended,
    "training_started": tell_started,
    "training_not_started": tell_not_started,
}

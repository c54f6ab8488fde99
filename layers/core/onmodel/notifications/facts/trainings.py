"""Facts about trainings: started, not started, failed."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from onmodel.contracts.base import Options
from onmodel.contracts.keys import DatasetKeys, digest
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import TrainingStage
from onmodel.contracts.trainings import LabelledValue
from onmodel.datasets.generations import is_tried_again
from onmodel.deployments.events import training_failed_event
from onmodel.errors import EventRefused, plain_text
from onmodel.films.settings import settings_in_force
from onmodel.notifications.facts.base import Facts, Notification, Sources, caught
from onmodel.notifications.facts.datasets import captions_checked
from onmodel.registry.kinds import DATASETS, GENERATIONS, TRAININGS

OUTCOMES: dict[TrainingStage, Literal["failed", "stopped", "gone"]] = {
    TrainingStage.FAILED: "failed",
    TrainingStage.STOPPED: "stopped",
    TrainingStage.GONE: "gone",
}


class TrainingStartedFacts(Facts):
    kind: ClassVar[str] = "training_started"

    dataset_id: str
    model: str
    pictures: int = Field(description="trained on")
    validation: int = Field(description="kept out for validation")
    characters: dict[str, int] = Field(description="pictures by slug; unnamed under ''")
    character_names: dict[str, str] = Field(default_factory=dict, description="for people, by slug")
    hyperparameters: tuple[tuple[str, str], ...] = Field(description="value and label")
    captions_checked: str = Field(default="", description="scores of all captions, in words")
    notices: tuple[str, ...]
    report: str
    usd: float | None = Field(description="of captions and training")


class TrainingNotStartedFacts(Facts):
    kind: ClassVar[str] = "training_not_started"

    subject: str = Field(description="generation or dataset")
    reason: str
    tried_again: bool = Field(description="whether reconcile starts it again")


class TrainingFailedFacts(Facts):
    """The job ended without a model, or the model is gone."""

    kind: ClassVar[str] = "training_failed"

    training_id: str
    outcome: Literal["failed", "stopped", "gone"]
    reason: str = Field(description="of the trainer; may be empty")


def training_started(request: NotificationRequest, sources: Sources) -> Notification:
    training = TRAININGS.require(sources.registry, request.production, request.id).body
    dataset = DATASETS.require(sources.registry, request.production, training.dataset_id).body
    captioned = dataset.pictures if dataset.captioned is None else dataset.captioned
    trained = dataset.trained or captioned
    facts = TrainingStartedFacts(
        production=request.production,
        dataset_id=training.dataset_id,
        model=training.model_name or request.id,
        pictures=trained,
        validation=captioned - trained,
        characters=dataset.named,
        character_names=dataset.character_names,
        hyperparameters=tuple(
            (line.value, line.label)
            for line in training.described or _undescribed(training.spec.hyperparameters)
        ),
        captions_checked=captions_checked(dataset),
        notices=dataset.notices,
        report=sources.link(DatasetKeys(request.production, training.dataset_id).report),
        usd=training.quoted_usd,
    )
    return Notification(facts, f"training_started:{request.id}")


def _undescribed(hyperparameters: Options) -> tuple[LabelledValue, ...]:
    """Of a row that was written before it held their description."""
    return tuple(
        LabelledValue(value=str(value), label=name.replace("_", " "))
        for name, value in hyperparameters.items()
    )


def training_not_started(request: NotificationRequest, sources: Sources) -> Notification:
    """TrainModel failed, or the trainer refused. `id` is the generation's or the dataset's."""
    why = caught(request)
    generation = GENERATIONS.read(sources.registry, request.production, request.id)
    facts = TrainingNotStartedFacts(
        production=request.production,
        subject=request.id,
        reason=why,
        tried_again=generation is not None
        and is_tried_again(generation)
        and _is_automatic(request.production, sources),
    )
    attempt = request.extra.get("attempt", "")
    return Notification(facts, f"training_not_started:{request.id}:{attempt}:{digest(why)}")


def _is_automatic(production: str, sources: Sources) -> bool:
    """Whether trainings of the production start without a person."""
    if sources.studio is None:
        return True  # the default
    return settings_in_force(production, sources.studio).training.automatic


def training_failed(request: NotificationRequest, sources: Sources) -> Notification:
    row = TRAININGS.require(sources.registry, request.production, request.id)
    if row.status not in OUTCOMES:
        raise EventRefused(f"Training {row.id} is {row.status}: nothing failed")
    facts = TrainingFailedFacts(
        production=request.production,
        training_id=request.id,
        outcome=OUTCOMES[row.status],
        reason=plain_text(row.body.reason or ""),
    )
    return Notification(facts, training_failed_event(request.id))

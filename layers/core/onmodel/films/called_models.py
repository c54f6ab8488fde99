"""Whether the models that the stack names still answer, and for how long.

A model that AWS has marked as legacy answers only accounts that called it within 15 days: a stack
between two films may be idle for longer. Models that were launched since 2026-09-07 may be legacy
for 45 days only. Of the model that is trained only a coming end is told here: its trainer checks
it before each training, and trains nothing where it has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from onmodel.contracts.finders import FinderSettings
from onmodel.contracts.models import foundation_model_of
from onmodel.ports.account import FoundationModel, OfferedModels

IDLE_DAYS = 15
"""A legacy model refuses an account that did not call it for so long."""

GONE, PROFILE, NOT_ALLOWED = "gone", "profile", "not-allowed"
"""States of a warning."""

REMINDERS_DAYS = (45, 15, 3)
"""Before the end, one mail each: the shortest time from legacy to the end, and two reminders."""


@dataclass(frozen=True)
class CalledModel:
    """A model that functions call.

    Attributes:
        model: id or inference profile, as the stack names it.
        used_for: as it follows "for".
        parameters: of the template, that name it.
        allowed: the foundation model that functions have the right to call.
        without: what happens where it does not answer, sentences.
        is_trained: it is trained further, and not called.
    """

    model: str
    used_for: str
    parameters: tuple[str, ...]
    allowed: str
    without: str
    is_trained: bool = False


@dataclass(frozen=True)
class Successor:
    """What takes a model's place.

    Attributes:
        model: its id, or its profile.
        cost: what the change costs, a sentence.
    """

    model: str
    cost: str


SUCCESSORS = {
    "amazon.titan-embed-image-v1": Successor(
        "amazon.nova-2-multimodal-embeddings-v1:0",
        "Every film has to be uploaded again: its labels come from the cache, and each crop is"
        " embedded anew for the price of the new model",
    ),
    "amazon.nova-pro-v1:0": Successor(
        "us.amazon.nova-2-lite-v1:0",
        "Films stay as they are; captions of later datasets are paid for anew",
    ),
}
"""By foundation model. AWS's page on model lifecycles names those of others."""

PROFILES = {"us": "us", "eu": "eu", "ap": "apac"}
"""What stands before a model's id in the id of its profile, by the first part of the region."""


@dataclass(frozen=True)
class ModelWarning:
    """What is wrong with a model, or will be.

    Attributes:
        called: the model.
        state: changes when there is something new to say; names the mail.
        reason: a clause.
        ends_at: when it is known.
        call_as: the id by which the same model answers, where only the id is wrong.
    """

    called: CalledModel
    state: str
    reason: str
    ends_at: datetime | None = None
    call_as: str | None = None

    @property
    def is_fatal(self) -> bool:
        """Whether no call is answered."""
        return self.state in {GONE, PROFILE, NOT_ALLOWED}

    @property
    def successor(self) -> Successor | None:
        if self.call_as is not None:
            return Successor(self.call_as, "It is the same model, at the same price")
        return SUCCESSORS.get(foundation_model_of(self.called.model))


def called_models(
    embedding: str, captions: str, caption_foundation: str | None = None, base: str | None = None
) -> tuple[CalledModel, ...]:
    """The models that a film, its dataset and its training need.

    Args:
        embedding: the id of the model of vectors.
        captions: the id or the profile of the model of captions.
        caption_foundation: the foundation model that functions may call; None: the one of captions.
        base: the id of the model that is trained; None: its end means nothing to this stack.
    """
    called = (
        CalledModel(
            embedding,
            "the vectors of pictures",
            ("EmbeddingModelId",),
            embedding,
            "Films that are uploaded then fail. What is prepared stays as it is.",
        ),
        CalledModel(
            captions,
            "captions, questions about pictures and the finder grounding",
            ("CaptionModelId", "CaptionFoundationModelId"),
            foundation_model_of(captions) if caption_foundation is None else caption_foundation,
            "Films are prepared, but for those with the finder grounding; their pictures get no"
            " captions, and storyboards no questions. What is captioned stays as it is.",
        ),
    )
    if base is None:
        return called
    return (
        *called,
        CalledModel(
            base,
            "training by Bedrock",
            ("BaseModelId",),
            base,
            "Bedrock then trains nothing further, and takes no new throughput for what it trained."
            " Films and datasets stay as they are; SageMaker trains as before.",
            is_trained=True,
        ),
    )


def models_of_film(
    called: tuple[CalledModel, ...], finder: FinderSettings
) -> tuple[CalledModel, ...]:
    """Those that the preparation of a film calls: its captions come later.

    Args:
        called: of `called_models`.
        finder: of the film's settings.
    """
    vectors, captions, *_ = called
    return (vectors, captions) if "grounding" in finder.kind else (vectors,)


def warnings(
    called: tuple[CalledModel, ...], models: OfferedModels, region: str, now: datetime
) -> Iterator[ModelWarning]:
    """One for each model that does not answer, or will not for long.

    Raises:
        ServiceError: the service did not answer.
    """
    for one in called:
        if one.allowed != foundation_model_of(one.model):
            yield _not_allowed(one)
        looked = models.look(foundation_model_of(one.model))
        if one.is_trained:
            found = _ending(one, looked, now)
        else:
            found = _gone(one, region) if looked is None else _of(one, looked, region, now)
        if found is not None:
            yield found


def _not_allowed(called: CalledModel) -> ModelWarning:
    reason = f"{called.model} is called for {called.used_for}, and functions may call"
    return ModelWarning(
        called, NOT_ALLOWED, f"{reason} {called.allowed} alone", call_as=called.model
    )


def _gone(called: CalledModel, region: str) -> ModelWarning:
    return ModelWarning(called, GONE, f"{called.model} does not exist in {region} (any more)")


def _ending(
    called: CalledModel, looked: FoundationModel | None, now: datetime
) -> ModelWarning | None:
    """A coming end; None without one, and after it."""
    end = None if looked is None else looked.ends_at
    is_legacy = looked is not None and (looked.is_legacy or end is not None)
    if not is_legacy or (end is not None and end <= now):
        return None
    until = f" and ends it on {end:%Y-%m-%d}" if end else ""
    refuses = (
        "it takes no new training and no new throughput"
        if called.is_trained
        else f"it refuses accounts that did not call it for {IDLE_DAYS} days"
    )
    return ModelWarning(
        called,
        f"legacy-{_days_step(end, now)}",
        f"AWS has marked {called.model} as legacy{until}: {refuses}",
        end,
    )


def _of(
    called: CalledModel, looked: FoundationModel, region: str, now: datetime
) -> ModelWarning | None:
    end = looked.ends_at
    if end is not None and end <= now:
        return ModelWarning(called, GONE, f"AWS ended {called.model} on {end:%Y-%m-%d}", end)
    if end is not None or looked.is_legacy:
        return _ending(called, looked, now)
    is_profile = called.model != foundation_model_of(called.model)
    if not is_profile and "ON_DEMAND" not in looked.inference_types:
        profiles = PROFILES.get(region.split("-", maxsplit=1)[0])
        return ModelWarning(
            called,
            PROFILE,
            f"{called.model} is answered in {region} only through an inference profile",
            call_as=f"{profiles}.{called.model}" if profiles else None,
        )
    return None


def _days_step(end: datetime | None, now: datetime) -> str:
    """The reminder that is due; '' while the end is far or not known."""
    left = None if end is None else end - now
    due = [days for days in REMINDERS_DAYS if left is not None and left <= timedelta(days=days)]
    return f"{end:%Y-%m-%d}-{min(due)}" if due else ""

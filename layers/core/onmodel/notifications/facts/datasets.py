"""Facts about datasets that end without a training."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from onmodel.contracts.keys import DatasetKeys, digest
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import DatasetBody
from onmodel.datasets.caption_words import check_in_words
from onmodel.errors import EventRefused, plain_text
from onmodel.notifications.facts.base import Facts, Notification, Sources, caught
from onmodel.registry.kinds import DATASETS, GENERATIONS

NOT_AGREED_TO = (
    "It was not possible when the captions were quoted, so its own cost was never quoted nor agreed"
    " to. By now it is possible."
)


class DatasetReadyFacts(Facts):
    """The dataset is complete and cannot be trained on in this account today."""

    kind: ClassVar[str] = "dataset_ready"

    dataset_id: str
    films: int
    pictures: int = Field(description="captioned ones")
    characters: dict[str, int] = Field(description="pictures by slug; unnamed under ''")
    character_names: dict[str, str] = Field(default_factory=dict, description="for people, by slug")
    captions_checked: str = Field(default="", description="scores of all captions, in words")
    reasons: tuple[str, ...] = Field(description="why no training is possible, with what to do")
    report: str
    manifest: str = Field(description="s3:// address of the trainer's manifest")
    annotations: str = Field(description="s3:// address of the same with lineage")
    usd: float | None = Field(description="None when a price is missing")


class DatasetRefusedFacts(Facts):
    """There are too few pictures to train on, or the manifest is outside the trainer's limits."""

    kind: ClassVar[str] = "dataset_refused"

    reason: str
    advice: str


def captions_checked(body: DatasetBody) -> str:
    """What the check of all captions found; '' in rows of before."""
    return "" if body.caption_check is None else check_in_words(body.caption_check)


def dataset_ready(request: NotificationRequest, sources: Sources) -> Notification:
    body = DATASETS.require(sources.registry, request.production, request.id).body
    keys = DatasetKeys(request.production, request.id)
    facts = DatasetReadyFacts(
        production=request.production,
        dataset_id=request.id,
        films=len(body.films),
        pictures=body.captioned if body.captioned is not None else body.pictures,
        characters=body.named,
        character_names=body.character_names,
        captions_checked=captions_checked(body),
        reasons=body.findings or (NOT_AGREED_TO,),
        report=sources.link(keys.report),
        manifest=sources.place(keys.manifest),
        annotations=sources.place(keys.annotations),
        usd=body.estimated_usd,
    )
    return Notification(facts, f"dataset_ready:{request.id}")


def dataset_refused(request: NotificationRequest, sources: Sources) -> Notification:
    """`id` is the generation's or the dataset's; the dataset's reason comes first."""
    dataset_id, why, advice = request.id, None, None
    generation = GENERATIONS.read(sources.registry, request.production, request.id)
    if generation is not None:
        dataset_id = generation.body.dataset_id or request.id
        why, advice = generation.body.reason, generation.body.advice
    dataset = DATASETS.read(sources.registry, request.production, dataset_id)
    if dataset is not None:
        why, advice = dataset.body.reason, dataset.body.advice
    if generation is None and dataset is None:
        raise EventRefused(f"No generation or dataset {request.id} in {request.production}")
    why = plain_text(why) if why else caught(request)
    facts = DatasetRefusedFacts(production=request.production, reason=why, advice=advice or "")
    return Notification(facts, f"dataset_refused:{request.id}:{digest(why)}")

"""Which values of the stack's parameters suit an account, by its own quotas."""

from __future__ import annotations

import math
from dataclasses import dataclass

from onmodel.adapters.rekognition import first_labels_per_second
from onmodel.errors import ServiceError
from onmodel.ports.account import Quotas

CONCURRENT_EXECUTIONS = ("lambda", "L-B99A9384")
DETECT_LABELS = ("rekognition", ("Transactions per second", "DetectLabels"))
REQUESTS_A_MINUTE = "model inference requests per minute"

NEW_ACCOUNT_EXECUTIONS = 10.0
LEFT_FOR_OTHERS = 5
"""Functions at once: four for captions, one for links, uploads and everything else."""

SHARE_FOR_OTHERS = 0.2
"""Of a large account, whose other systems run functions too."""

CALLS_OF_A_CHUNK = 8.0
"""DetectLabels a second that a chunk makes where nothing hinders it, one for each thread."""

EMBEDDINGS_OF_A_FRAME = 0.7
"""Crops by frames that were asked about, in Big Buck Bunny; docs/costs.md has the counts."""

MODEL_NAMES = {
    "amazon.titan-embed-image": "Titan Multimodal Embeddings",
    "amazon.nova-2-multimodal-embeddings": "Nova Multimodal Embeddings",
    "amazon.nova-pro": "Nova Pro",
    "amazon.nova-lite": "Nova Lite",
    "amazon.nova-2-lite": "Nova 2 Lite",
}
"""As Service Quotas writes models, by the beginning of their ids."""


@dataclass(frozen=True)
class AccountQuotas:
    """What an account may do at once.

    Attributes:
        executions: functions that run at the same time.
        labels_per_second: DetectLabels calls.
        embeddings_per_minute: calls of the embedding model; None where it is not known.
        captions_per_minute: calls of the captioning model; None where it is not known.
        assumed: what could not be read; the values of a new account stand for it.
    """

    executions: float
    labels_per_second: float
    embeddings_per_minute: float | None = None
    captions_per_minute: float | None = None
    assumed: tuple[str, ...] = ()

    @property
    def frames_per_second(self) -> float:
        """Frames whose paid calls the services answer."""
        if self.embeddings_per_minute is None:
            return self.labels_per_second
        embedded = self.embeddings_per_minute / 60 / EMBEDDINGS_OF_A_FRAME
        return min(self.labels_per_second, embedded)


@dataclass(frozen=True)
class Proposal:
    """A value for a parameter of the stack, and why."""

    parameter: str
    value: int
    why: str


def read_quotas(
    quotas: Quotas, region: str, embedding_model: str, caption_model: str
) -> AccountQuotas:
    """The account's own quotas. What cannot be read is assumed as in a new account."""
    assumed: list[str] = []

    def by_name(service: str, *words: str) -> float | None:
        try:
            found = quotas.with_words(service, words)
        except ServiceError:
            return None
        return min((quota.value for quota in found.values()), default=None)

    try:
        executions = quotas.value(*CONCURRENT_EXECUTIONS)
    except ServiceError:
        executions = None
    labels = by_name(DETECT_LABELS[0], *DETECT_LABELS[1])
    if executions is None:
        assumed.append("Lambda's concurrent executions")
    if labels is None:
        assumed.append("Rekognition's DetectLabels a second")
    per_minute = {
        model: by_name("bedrock", REQUESTS_A_MINUTE, name)
        for model in (embedding_model, caption_model)
        if (name := name_in_quotas(model)) is not None
    }
    return AccountQuotas(
        executions=executions or NEW_ACCOUNT_EXECUTIONS,
        labels_per_second=labels or first_labels_per_second(region),
        embeddings_per_minute=per_minute.get(embedding_model),
        captions_per_minute=per_minute.get(caption_model),
        assumed=tuple(assumed),
    )


def name_in_quotas(model: str) -> str | None:
    """A model's name as Service Quotas writes it; None for a model that is not known here."""
    plain = model.split(".", 1)[1] if model.count(".") > 1 else model  # us.amazon.nova-…
    return next((name for start, name in MODEL_NAMES.items() if plain.startswith(start)), None)


def propose(quotas: AccountQuotas) -> tuple[Proposal, ...]:
    """Values that use the account's quotas and leave others their part.

    Chunks of one film: twice as many as make all calls that are answered, because some decode and
    store while others call. Films at once: twice as many as use all calls, because some are
    deduplicated and named while others call. More make each film slower and end none sooner.
    """
    others = max(LEFT_FOR_OTHERS, math.ceil(SHARE_FOR_OTHERS * quotas.executions))
    free = max(1, int(quotas.executions) - others)
    rate = quotas.frames_per_second
    chunks = max(1, min(free, math.ceil(2 * rate / CALLS_OF_A_CHUNK)))
    films = max(1, min(free // chunks, math.ceil(2 * rate / chunks)))
    answered = f"{rate:g} frames a second that Rekognition and the embedding model answer"
    return (
        Proposal(
            "MapConcurrency",
            chunks,
            f"{free} of {quotas.executions:g} concurrent functions are for films; {answered}",
        ),
        Proposal("FilmsAtOnce", films, f"{films} × {chunks} functions share them"),
        Proposal(
            "LabelsPerSecond",
            int(quotas.labels_per_second),
            "the account's quota of DetectLabels calls",
        ),
    )

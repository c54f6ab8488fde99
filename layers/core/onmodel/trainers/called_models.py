"""Can the models be called that make captions and vectors? Every trainer's preflight asks this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from onmodel.contracts.models import foundation_model_of
from onmodel.contracts.trainings import Finding
from onmodel.errors import AccessDenied
from onmodel.ports.account import OfferedModels
from onmodel.trainers.findings import blocking, warning

CHANGE = "Update the stack with another one (parameters CaptionModelId, EmbeddingModelId)."


def called_model_findings(
    called: Iterable[str], models: OfferedModels, region: str, now: datetime
) -> Iterator[Finding]:
    """What is wrong with each of these models.

    Args:
        called: ids or inference profiles.
        models: of the region.
        region: for the words.
        now: the time of the check.

    Raises:
        ServiceError: the service did not answer.
    """
    for model in called:
        yield from _of(model, models, region, now)


def _of(model: str, models: OfferedModels, region: str, now: datetime) -> Iterator[Finding]:
    try:
        looked = models.look(foundation_model_of(model))
    except AccessDenied:
        yield blocking(
            "model-denied",
            f"this account may not read the facts of {model}",
            "Allow bedrock:GetFoundationModel and ask for access to the model.",
        )
        return
    if looked is None:
        yield blocking("model-gone", f"{model} does not exist in {region} (any more)", CHANGE)
    elif looked.ends_at is not None and looked.ends_at <= now:
        yield blocking("model-ended", f"AWS ended {model} on {looked.ends_at:%Y-%m-%d}", CHANGE)
    elif looked.is_legacy:
        until = f" and ends on {looked.ends_at:%Y-%m-%d}" if looked.ends_at else ""
        yield warning("model-legacy", f"{model} is a legacy model{until}", CHANGE)

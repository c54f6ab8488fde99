"""The catalogue of trainers, one line for each.

A new trainer is its folder, its line here, its settings section in contracts/ and its section of
the template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onmodel.contracts.trainings import DatasetLimits
from onmodel.errors import EventRefused
from onmodel.ports.trainer import ImageModel, Trainer, TrainerRules
from onmodel.trainers.bedrock.assembly import (  # noqa: TID251
    make_bedrock_trainer,
    make_nova_canvas,
)
from onmodel.trainers.bedrock.rules import BedrockRules  # noqa: TID251
from onmodel.trainers.parts import TrainerParts
from onmodel.trainers.sagemaker.assembly import make_sagemaker_trainer  # noqa: TID251
from onmodel.trainers.sagemaker.rules import SageMakerRules  # noqa: TID251


@dataclass(frozen=True)
class TrainerEntry:
    """Makes a trainer's parts; its rules need no service.

    `image_model` is None where drawing jobs draw.
    """

    rules: TrainerRules
    trainer: Callable[[TrainerParts], Trainer]
    image_model: Callable[[TrainerParts], ImageModel] | None = None


TRAINERS: Mapping[str, TrainerEntry] = {
    "bedrock": TrainerEntry(BedrockRules(), make_bedrock_trainer, make_nova_canvas),
    "sagemaker": TrainerEntry(SageMakerRules(), make_sagemaker_trainer),
}
"""In the order in which `training.trainer: auto` asks them."""


def make_image_model(trainer: str, parts: TrainerParts) -> ImageModel:
    """Raises EventRefused when this trainer draws by jobs."""
    make = TRAINERS[trainer].image_model
    if make is None:
        raise EventRefused(f"{trainer} has no image model that draws panel after panel")
    return make(parts)


def common_limits() -> DatasetLimits:
    """The limits that every trainer's are within: whoever keeps them can train anywhere."""
    limits = [entry.rules.limits.dataset for entry in TRAINERS.values()]
    return DatasetLimits(
        min_records=max(one.min_records for one in limits),
        max_records=min(one.max_records for one in limits),
        min_caption_characters=max(one.min_caption_characters for one in limits),
        max_caption_characters=min(one.max_caption_characters for one in limits),
        formats=tuple(
            name for name in limits[0].formats if all(name in one.formats for one in limits)
        ),
        max_picture_bytes=min(one.max_picture_bytes for one in limits),
        min_side=max(one.min_side for one in limits),
        max_side=min(one.max_side for one in limits),
        max_pixels=min(one.max_pixels for one in limits),
        max_aspect=min(one.max_aspect for one in limits),
    )

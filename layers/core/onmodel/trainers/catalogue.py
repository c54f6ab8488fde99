"""The catalogue of trainers, one line for each.

A new trainer is its folder, its line here, its settings section in contracts/ and its section of
the template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onmodel.ports.trainer import ImageModel, Trainer, TrainerRules
from onmodel.trainers.bedrock.assembly import make_image_model, make_trainer  # noqa: TID251
from onmodel.trainers.bedrock.rules import BedrockRules  # noqa: TID251
from onmodel.trainers.parts import TrainerParts


@dataclass(frozen=True)
class TrainerEntry:
    """Makes a trainer's three parts; its rules need no service."""

    rules: TrainerRules
    trainer: Callable[[TrainerParts], Trainer]
    image_model: Callable[[TrainerParts], ImageModel]


TRAINERS: Mapping[str, TrainerEntry] = {
    "bedrock": TrainerEntry(BedrockRules(), make_trainer, make_image_model),
}

DEFAULT_TRAINER = "bedrock"

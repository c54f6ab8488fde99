"""What the trainer takes and draws, and the measures behind its quotes.

The seconds are arithmetic from the model's size and the
GPUs' speed (104 TFLOP for a step at 1,024 pixels): they were not measured on a GPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onmodel.contracts.trainings import DatasetLimits, PanelLimits, StandingItems, TrainerLimits

STORAGE_ITEM = "s3.storage-gb-month"

MODEL_GB = 0.6
"""Adapter, four checkpoints of it and samples, at rank 64."""

LIMITS = TrainerLimits(
    dataset=DatasetLimits(
        min_records=5,
        max_records=10_000,
        min_caption_characters=3,
        max_caption_characters=1024,
        formats=("jpeg", "jpg", "png"),
        max_picture_bytes=50 * 1024 * 1024,
        min_side=256,
        max_side=8192,
        max_pixels=33_554_432,
        max_aspect=4.0,
    ),
    panel=PanelLimits(
        max_text_characters=1024,
        min_side=256,
        max_side=2048,
        side_multiple=16,
        max_aspect=4.0,
        max_images=10,
        max_seed=2**31 - 1,
    ),
)

ITEMS = StandingItems()
"""Nothing bills while it is not used, but storage."""

STEPS_A_PICTURE = 30
FEWEST_STEPS, MOST_STEPS = 1_000, 3_000
RANK, RANK_OF_MANY, MANY_CHARACTERS = 32, 64, 3


@dataclass(frozen=True)
class Span:
    """At least and at most."""

    least: float
    most: float


SECONDS_A_STEP: Mapping[str, Span] = {"ml.g5": Span(3.0, 4.0), "ml.g6e": Span(1.2, 1.6)}
"""At 1,024 pixels, by the family of the instance."""

SECONDS_A_STEP_ELSEWHERE = Span(1.2, 4.0)

SETUP_SECONDS = Span(300, 1_200)
"""Download of 16 GB of weights and of the image, packages, loading, texts and pictures encoded."""

PASSES_OF_A_STEP = 3
"""A step of training goes forward once and back once, which takes twice as long."""

PASSES_OF_GUIDANCE = 2
REFERENCES_FACTOR = 2.0
"""Pictures that are given to the model double the tokens that it attends to, about."""

LONGEST_FACTOR = 1.25
"""A job may run for so many times its longest estimate, then SageMaker ends it."""

LEAST_RUNTIME_SECONDS = 3_600
LONGEST_RUNTIME_SECONDS = 24 * 3_600
PENDING_SECONDS = 3_600
"""How long a job may wait for an instance, over all preferences together."""

FINISHING_SECONDS = 600
"""Before the end of its runtime a job stops by itself, and writes what it has reached."""

ENDING_SECONDS = 300
"""Billed after the longest runtime at most: two minutes to end, and files that are copied to S3."""

VOLUME_GB = 100

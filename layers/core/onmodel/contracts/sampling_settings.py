"""The settings of which frames are looked at, and how their figures are cut out and compared."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    ValidationInfo,
    model_validator,
)

from onmodel.contracts.base import Contract, is_hand_written
from onmodel.contracts.hand_written import at_most

READ_BY_MODES = {
    "interval_seconds": ("interval", "keyframes", "scene"),
    "frames_per_second": ("fps",),
    "frames_per_shot": ("scene",),
}
"""The keys of `sampling` that not every mode reads."""


class Sampling(Contract):
    """Which frames are sampled, and which are dropped before anything is paid for."""

    mode: Literal["interval", "fps", "keyframes", "scene"] = "interval"
    interval_seconds: float = Field(default=1.0, ge=0.04, le=600, description="one frame each")
    frames_per_second: float = Field(default=1.0, gt=0, le=25, description="mode fps")
    frames_per_shot: int = Field(default=1, ge=1, le=50, description="mode scene")
    black_level: float = Field(
        default=20.0, ge=0, le=255, description="mean luma below which a frame is black"
    )
    blank_deviation: float = Field(
        default=4.0, ge=0, le=128, description="luma deviation below which a frame is blank"
    )
    min_sharpness: Annotated[float, at_most(10_000)] = Field(
        default=15.0, ge=0, description="Laplacian variance of the sharpest region"
    )
    unchanged_difference: float = Field(
        default=2.0,
        ge=0,
        le=255,
        description="mean luma difference to the last kept frame of the shot, below which it is"
        " unchanged",
    )
    unchanged_tile_difference: float = Field(
        default=3.2,
        ge=0,
        le=255,
        description="and in the tile of the frame that changed most: a moving mouth is there alone",
    )
    chunk_seconds: float = Field(
        default=60.0, ge=5, le=600, description="aim of a chunk's length; cut at keyframes"
    )

    @model_validator(mode="after")
    def _has_what_its_mode_reads(self, info: ValidationInfo) -> Self:
        if is_hand_written(info):
            for key, modes in READ_BY_MODES.items():
                changed = getattr(self, key) != type(self).model_fields[key].default
                if changed and self.mode not in modes:
                    raise ValueError(
                        f"{key} is read only with mode {' or '.join(modes)}, and the mode is"
                        f" {self.mode}"
                    )
        return self

    @property
    def step_seconds(self) -> float:
        """Length of the window that yields at most one frame."""
        return 1 / self.frames_per_second if self.mode == "fps" else self.interval_seconds


SHORTEST_CROP_SIDE = 512
"""Pixels. Crops are cut before a trainer is chosen: a test shows that every trainer takes them."""


class CropSettings(Contract):
    """How a figure is cut out."""

    padding: float = Field(default=0.15, ge=0, le=1, description="of the figure, on each side")
    side: int = Field(
        default=1024, ge=SHORTEST_CROP_SIDE, le=2048, description="longest side of the picture"
    )
    max_aspect: float = Field(
        default=2.0, ge=1, le=2.0, description="long by short side; 2 keeps 512 within 1,024"
    )
    min_figure_pixels: Annotated[int, at_most(4_320)] = Field(
        default=120, ge=16, description="shortest side of a figure; smaller ones are refused"
    )
    max_enlargement: float = Field(
        default=2.0,
        ge=1,
        le=16,
        description="of the film's pixels: a picture gets smaller than `side`, down to 512 on its"
        " short side, rather than be enlarged more; a figure that would still need more is refused",
    )
    max_letters: Annotated[int, at_most(100_000)] = Field(
        default=20, ge=1,
        exclude_if=lambda letters: letters == 20,  # samples of before keep their hash
        description="letters in lines of text, from which a picture is of a title or of credits",
    )  # fmt: skip
    format: Literal["jpeg", "png"] = "jpeg"


class EmbeddingSettings(Contract):
    model: str = Field(
        default="amazon.titan-embed-image-v1",
        description="the stack's EmbeddingModelId; another is refused",
    )
    dimensions: Literal[256, 384, 1024, 3072] = Field(
        default=1024, description="of a vector; 3072 by Nova Multimodal Embeddings alone"
    )


class DeduplicationSettings(Contract):
    threshold: float = Field(
        default=0.95,
        ge=0.5,
        le=1.0,
        description="cosine at or above which two crops are alike: lower is stricter and leaves"
        " fewer, more varied pictures",
    )
    visible_change: float = Field(
        default=10.5,
        ge=0,
        le=255,
        description="difference in a tile of the figure from which two alike pictures of one track"
        " are both kept: another expression or pose; with 255 only one of them is; below its half"
        " they are copies",
    )

"""settings.yaml of a production → typed Settings. Every number has its reason beside it."""

from __future__ import annotations

from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError

from onmodel.contracts.base import CharacterSlug, Contract
from onmodel.errors import SettingsRefused
from onmodel.keys import digest

SETTINGS_LIMIT_BYTES = 256_000  # a person wrote it; YAML that expands is refused by size first


class Sampling(Contract):
    """Which frames are looked at, and which are dropped before anything is paid for."""

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
    min_sharpness: float = Field(
        default=15.0, ge=0, description="Laplacian variance of the sharpest region"
    )
    unchanged_difference: float = Field(
        default=2.0,
        ge=0,
        le=255,
        description="mean luma difference to the last kept frame of the shot",
    )
    chunk_seconds: float = Field(
        default=60.0, ge=5, le=600, description="aim of a chunk's length; cut at keyframes"
    )

    @property
    def step_seconds(self) -> float:
        """Length of the window that yields at most one frame."""
        return 1 / self.frames_per_second if self.mode == "fps" else self.interval_seconds


class FinderSettings(Contract):
    """Where figures are."""

    kind: Literal["labels"] = "labels"
    labels: tuple[str, ...] = Field(
        default=("Person", "Animal", "Cartoon", "Toy", "Robot"),
        min_length=1,
        max_length=100,  # DetectLabels filters take at most 100 names
        description="labels that count as figures; a label's parents count too",
    )
    min_confidence: float = Field(default=55.0, ge=0, le=100)
    max_figures: int = Field(default=4, ge=1, le=20, description="of one frame, largest first")
    wide_when_no_box: bool = Field(
        default=True, description="a chosen label without a box gives the whole frame, flagged"
    )


class CropSettings(Contract):
    """How a figure is cut out. The limits are Nova Canvas's: sides 512 to 4,096, aspect 1:4."""

    padding: float = Field(default=0.15, ge=0, le=1, description="of the figure, on each side")
    side: int = Field(default=1024, ge=512, le=2048, description="longest side of the picture")
    max_aspect: float = Field(
        default=2.0, ge=1, le=2.0, description="long by short side; 2 keeps 512 within 1,024"
    )
    min_figure_pixels: int = Field(
        default=120, ge=16, description="shortest side of a figure; smaller would be blown up"
    )
    format: Literal["jpeg", "png"] = "jpeg"


class EmbeddingSettings(Contract):
    model: str = "amazon.titan-embed-image-v1"
    dimensions: Literal[256, 384, 1024] = 1024


class DeduplicationSettings(Contract):
    threshold: float = Field(
        default=0.92,
        ge=0.5,
        le=1.0,
        description="cosine at or above which two crops are alike: lower is stricter and leaves"
        " fewer, more varied pictures",
    )


class NamingSettings(Contract):
    """When a crop is named after the nearest reference."""

    threshold: float = Field(default=0.65, ge=0, le=1, description="least cosine similarity")
    margin: float = Field(default=0.03, ge=0, le=1, description="ahead of the next character")


class TimecodeReference(Contract):
    """A character shown by a place in an uploaded film."""

    film: str = Field(description="the film's file name as uploaded")
    timecode_seconds: float = Field(ge=0)
    box: tuple[int, int, int, int] = Field(
        description="left, top, right, bottom in the film's display pixels"
    )


class Character(Contract):
    """A named role of the production."""

    name: str = Field(min_length=1, max_length=60, description="as captions write it")
    description: str = Field(
        default="", max_length=600, description="key traits, told to the captioner"
    )
    references: tuple[TimecodeReference, ...] = ()


class Settings(Contract):
    """A production's settings.yaml. Everything has a default; unknown keys are refused."""

    sampling: Sampling = Sampling()
    finder: FinderSettings = FinderSettings()
    crop: CropSettings = CropSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    deduplication: DeduplicationSettings = DeduplicationSettings()
    naming: NamingSettings = NamingSettings()
    characters: dict[CharacterSlug, Character] = Field(default_factory=dict)

    def samples_hash(self) -> str:
        """Of what sampling, finding, cropping and embedding depend on."""
        return digest(
            self.model_dump(mode="json", include={"sampling", "finder", "crop", "embedding"})
        )

    def run_hash(self) -> str:
        """Of all that PrepareFilm's result depends on; descriptions of characters do not count."""
        dumped = self.model_dump(
            mode="json",
            include={"sampling", "finder", "crop", "embedding", "deduplication", "naming"},
        )
        shown = {name: role.references for name, role in self.characters.items() if role.references}
        return digest(dumped | {"references": shown} if shown else dumped)


SettingsBytes = Annotated[bytes, "settings.yaml as uploaded"]


def parse_settings(text: SettingsBytes) -> Settings:
    """Read a settings.yaml.

    Raises:
        SettingsRefused: not YAML, too large, an unknown key or an impossible value; the message
            lists every fault with its place.
    """
    if len(text) > SETTINGS_LIMIT_BYTES:
        raise SettingsRefused(
            f"settings.yaml has {len(text):,} bytes, more than {SETTINGS_LIMIT_BYTES:,}",
            "Shorten it and upload it again",
        )
    try:
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise SettingsRefused(
            f"settings.yaml is not YAML: {fault}", "Correct it and upload it again"
        ) from fault
    try:
        return Settings.model_validate(raw if raw is not None else {})
    except ValidationError as fault:
        places = "; ".join(
            f"{'.'.join(str(part) for part in error['loc']) or 'the file'}: {error['msg']}"
            for error in fault.errors()
        )
        raise SettingsRefused(
            f"settings.yaml has impossible values: {places}", "Correct them and upload it again"
        ) from fault

"""Contracts of panels: what is drawn for a scene, and how it scored."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from onmodel.contracts.base import (
    CharacterSlug,
    Contract,
    Options,
    Slug,
    Usage,
)
from onmodel.contracts.bedrock import BedrockPanelOptions
from onmodel.contracts.deployments import DeploymentId
from onmodel.contracts.drawings import TUNED, Arm
from onmodel.contracts.judging import DrawnFigure, Structure
from onmodel.contracts.questions import PictureAnswers


class PlannedPanel(Contract):
    """One scene as it will be asked for. A line of panels.jsonl."""

    number: int = Field(ge=1, description="the scene's place, from 1")
    scene: str = Field(description="its text as written")
    characters: tuple[CharacterSlug, ...] = Field(description="who should be in it")
    arm: Arm = TUNED
    request: PanelRequest


class CharacterLikeness(Contract):
    """A panel's similarity to a character, -1 to 1; None without a picture to compare with."""

    character: str
    similarity: float | None = Field(ge=-1, le=1)


class PanelScore(Contract):
    """The scores of one picture. A copied training picture has a high likeness: see `copies`."""

    on_model: tuple[CharacterLikeness, ...] = Field(description="each character of the scene")
    nearest_character: str | None = Field(
        default=None, description="the character it resembles most, in the scene or not"
    )
    alignment: float | None = Field(
        default=None, ge=-1, le=1, description="prompt to picture; None when it cannot be measured"
    )
    nearest_crop: str | None = Field(
        default=None, description="crop_id of the picture it resembles most"
    )
    nearest_similarity: float | None = Field(default=None, ge=-1, le=1)
    copy_of: str | None = Field(
        default=None, description="crop_id of the training picture that it copies"
    )
    row: int | None = Field(
        default=None, ge=0, description="of its vector in the panel's vectors; None: not kept"
    )
    figures: tuple[DrawnFigure, ...] | None = Field(
        default=None, description="found in the picture; None: not looked for"
    )
    structure: Structure | None = Field(
        default=None, description="compared with the training picture that it resembles most"
    )
    answers: PictureAnswers | None = Field(
        default=None, description="to the questions about its scene; None: not asked"
    )


class PanelRequest(Contract):
    """One prompt to an image model."""

    text: str = Field(min_length=1)
    negative_text: str | None = Field(default=None, min_length=1)
    width: int = 1024
    height: int = 1024
    seed: int = Field(ge=0)
    images: int = Field(default=3, ge=1)
    options: Options = Field(default_factory=dict, description="the trainer's own")

    @model_validator(mode="before")
    @classmethod
    def _options_of_before(cls, value: Any) -> Any:  # noqa: ANN401 - whatever a file holds
        """Panels that were planned before options existed have them among the other keys."""
        if not isinstance(value, dict):
            return value
        flat = {key: value[key] for key in BedrockPanelOptions.model_fields if key in value}
        if not flat:
            return value
        others = {key: kept for key, kept in value.items() if key not in flat}
        return {**others, "options": {**flat, **others.get("options", {})}}


class Panels(Contract):
    """PNG pictures, as many as the model gave."""

    pictures: tuple[bytes, ...]
    notice: str | None = Field(default=None, description="why there are fewer than were asked for")


class DrawnPicture(Contract):
    """One picture of a panel. The image model draws several for one seed."""

    key: str = Field(description="S3 key in the studio bucket")
    seed: int = Field(ge=0)
    score: PanelScore | None = None


class DrawnPanel(Contract):
    """panels/<nn>.json: written by draw_panel, its scores by score_panel."""

    planned: PlannedPanel
    pictures: tuple[DrawnPicture, ...]
    seeds: tuple[int, ...] = Field(description="asked for, in order; refused ones included")
    notices: tuple[str, ...] = Field(default=(), description="why pictures are missing")
    not_scored: str = Field(default="", description="why its pictures have no score; or empty")
    usage: tuple[Usage, ...] = ()
    complete: bool = Field(description="as many pictures as wanted, or no seed left to try")


class PanelItem(Contract):
    """A line of panels.jsonl, and a child of the map."""

    production: Slug
    name: Slug
    take: int = Field(ge=1)
    panel: int = Field(ge=1, description="its place in this take, from 1")
    deployment_id: DeploymentId | None = Field(default=None, description="null: a job draws it")
    dataset_id: Slug | None = Field(
        default=None, description="to compare with; null: that of the deployment's training"
    )
    correlation_id: str
    seeds_take: int = Field(ge=1, description="which of a scene's drawings: other seeds each")
    planned: PlannedPanel

    @property
    def work(self) -> str:
        """The name of what is paid for it, for UsageMeter."""
        return f"{self.production}/{self.name}/{self.take}/{self.panel}"


class PanelItemRequest(Contract):
    """The request of draw_panel and score_panel."""

    item: PanelItem

    @property
    def correlation_id(self) -> str:
        return self.item.correlation_id

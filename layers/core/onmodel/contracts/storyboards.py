"""Contracts of DrawStoryboard: the file a person writes, the panels planned, their scores.

A storyboard is a YAML file under `storyboards/`. Only `scenes` is needed:

    style: soft 3D animation, warm evening light     # ends every prompt
    characters: [Buck, Frank]                        # who may appear; default: everybody
    negative_text: text, blurry                      # what must not be drawn
    size: 1280x720                                   # default 1024x1024
    images: 3                                        # pictures of each scene, to choose from
    takes: 1                                         # times the whole board is drawn
    arms: [tuned, references, base]                  # default [tuned]; [references] needs no model;
                                                     # [checkpoints]: each that the trainer kept
    bedrock: {quality: premium, cfg_scale: 8.0}      # how the trainer bedrock draws
    sagemaker: {steps: 50, guidance: 4.0}            # how the trainer sagemaker draws
    seed: 7                                          # another number gives other pictures
    scenes:
      - Buck smiles, a misty forest behind him
      - text: Buck plays the flute beside a baby llama
        characters: [Buck]                           # default: whose name stands in the text
        seed: 1234                                   # keeps this scene's pictures the same
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from onmodel.contracts.base import (
    FIRST_TRAINER,
    Contract,
    Options,
    Slug,
    Usage,
    WithMovedKeys,
)
from onmodel.contracts.bedrock import NEGATIVE_TEXT, BedrockPanelOptions
from onmodel.contracts.deployments import DeploymentId, ObjectKey, VersionId
from onmodel.contracts.drawings import ARM, TUNED, Arm
from onmodel.contracts.hand_written import OneLine, name, visible, when_written
from onmodel.contracts.sagemaker import SageMakerPanelOptions
from onmodel.contracts.trainings import CostQuote

MOST_SCENES = 100
"""The most that a deployment of two hours draws, at 20 to 60 s for three pictures."""


LONGEST_TEXT = 10_000
"""Characters of any text in a file. A trainer's limit says how many of them its model reads."""


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT),
    when_written(visible),
]


Who = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), when_written(name)
]


def _size(value: Any) -> Any:  # noqa: ANN401 - whatever the YAML holds
    """`1280x720`, `1280 × 720`, `[1280, 720]`, or one number for a square."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    if isinstance(value, float):
        raise ValueError(f"is {value:g}, write width and height in pixels, such as 1280x720")
    if isinstance(value, str):
        if sides := re.fullmatch(r"\s*(\d{1,5})\s*[xX×]\s*(\d{1,5})\s*", value):
            return (int(sides[1]), int(sides[2]))
        raise ValueError(f"is {value[:40]}, write width and height in pixels, such as 1280x720")
    return value


def _scene(value: Any) -> Any:  # noqa: ANN401 - whatever the YAML holds
    """A scene may be its text alone."""
    return {"text": value} if isinstance(value, str) else value


LONGEST_SIDE = 16_384


def _has_sides(size: tuple[int, int]) -> tuple[int, int]:
    if not all(1 <= side <= LONGEST_SIDE for side in size):
        raise ValueError(
            f"is {size[0]}x{size[1]}, write width and height in pixels, such as 1280x720"
        )
    return size


CHECKPOINTS = "checkpoints"
"""Stands in a storyboard for the arms of all checkpoints that the trainer kept."""


def _is_arm(arm: str) -> str:
    if arm != CHECKPOINTS and not re.fullmatch(ARM, arm):
        raise ValueError(f"is {arm[:40]}, write tuned, references, base or {CHECKPOINTS}")
    return arm


def _differ(arms: tuple[Arm, ...]) -> tuple[Arm, ...]:
    for arm in arms:
        if arms.count(arm) > 1:
            raise ValueError(f"has {arm} more than once, write it once and takes for more pictures")
    return arms


StoryboardArm = Annotated[str, AfterValidator(_is_arm)]
"""An arm, or CHECKPOINTS."""

Size = Annotated[tuple[int, int], BeforeValidator(_size), when_written(_has_sides)]


class Scene(Contract):
    """One scene to be drawn."""

    text: Text
    characters: tuple[Who, ...] | None = Field(
        default=None, max_length=20, description="names or slugs; None: whose name is in the text"
    )
    seed: int | None = Field(default=None, ge=0, description="of the first take, instead of ours")


class Storyboard(WithMovedKeys):
    """An ordered list of scenes and how to draw them; the defaults are the article's."""

    moved_keys: ClassVar[Mapping[str, str]] = dict.fromkeys(
        BedrockPanelOptions.model_fields, "bedrock"
    )

    title: OneLine = Field(default="", max_length=120)
    style: str = Field(default="", max_length=600, description="ends every prompt")
    characters: tuple[Who, ...] | None = Field(
        default=None, max_length=100, description="who may appear; None: everybody"
    )
    negative_text: str = Field(default=NEGATIVE_TEXT, max_length=LONGEST_TEXT)
    size: Size = Field(default=(1024, 1024), description="width and height in pixels")
    images: int = Field(default=3, ge=1, le=20, description="pictures of each scene")
    arms: Annotated[tuple[StoryboardArm, ...], when_written(_differ)] = Field(
        default=(TUNED,), min_length=1, max_length=20,
        description="ways to draw every scene: `tuned`, `references`, `base`, `checkpoints`",
    )  # fmt: skip
    takes: int = Field(default=1, ge=1, le=5, description="times the whole board is drawn")
    seed: int = Field(default=0, ge=0)
    bedrock: BedrockPanelOptions = BedrockPanelOptions()
    sagemaker: SageMakerPanelOptions = SageMakerPanelOptions()
    scenes: tuple[Annotated[Scene, BeforeValidator(_scene)], ...] = Field(
        min_length=1, max_length=MOST_SCENES
    )


class StoryboardSummary(Contract):
    """summary.json of a take."""

    production: str
    name: str
    take: int
    title: str
    deployment_id: str | None
    panels: int
    drawn: int
    pictures: int
    filtered: int = Field(description="answers that were refused, retried ones included")
    usage: tuple[Usage, ...]
    estimated_usd: float | None = Field(description="beside the deployment; None: unknown")


class StoryboardRequest(Contract):
    """DrawStoryboard's input. `storyboard_key` null is the default storyboard.

    `storyboard_version` is the one that was uploaded: what a person approves is what is drawn.

    With `deployment_id` null, any deployment of the production that answers draws it.
    `training_id` is set right after a training whose trainer deploys nothing: its model draws, and
    the cost was part of the training's quote.
    """

    production: Slug
    storyboard_key: ObjectKey | None = None
    storyboard_version: VersionId | None = None
    deployment_id: DeploymentId | None = None
    training_id: Slug | None = None
    correlation_id: str


class PlanStoryboardRequest(Contract):
    request: StoryboardRequest
    execution_arn: str

    @property
    def correlation_id(self) -> str:
        return self.request.correlation_id


class StoryboardPlanned(Contract):
    """Without a take only name, training and correlation are known: quote, ask, then begin.

    `by_job`: a job draws the whole storyboard, and nothing is deployed.
    """

    deployed: bool
    by_job: bool = False
    agreed: bool = Field(default=False, description="its cost was part of a training's quote")
    deploying: bool = Field(default=False, description="a model is being deployed: wait for it")
    production: Slug
    name: Slug
    trainer: str = FIRST_TRAINER
    training_id: Slug | None = Field(default=None, description="null: drawn without a model")
    correlation_id: str
    storyboard_key: ObjectKey | None = None
    storyboard_version: VersionId | None = None
    deployment_id: DeploymentId | None = None
    storyboard_id: Slug | None = Field(default=None, description="<name>-<take>, for mails")
    take: int | None = None
    pictures: dict[Arm, int] = Field(default_factory=dict, description="of a job, by each arm")
    options: Options = Field(default_factory=dict, description="of a job, the trainer's own")
    judging: tuple[Usage, ...] = Field(default=(), description="of its pictures, at most")
    panels: int = Field(ge=1)
    panels_key: ObjectKey | None = None


class QuoteDeploymentRequest(Contract):
    storyboard: StoryboardPlanned

    @property
    def correlation_id(self) -> str:
        return self.storyboard.correlation_id


class DeploymentQuoted(Contract):
    """`usd` is the quote's total: None when a price is missing, never 0."""

    usd: float | None
    quote: CostQuote
    purpose: Literal["deployment", "drawing"] = "deployment"
    subject_id: Slug = Field(description="what the approval is about")


class DrawingQuoted(DeploymentQuoted):
    """`approval`: a person must agree."""

    approval: bool


class StartDrawingRequest(PlanStoryboardRequest):
    storyboard: StoryboardPlanned


class CheckDrawingRequest(Contract):
    storyboard: StoryboardPlanned

    @property
    def correlation_id(self) -> str:
        return self.storyboard.correlation_id


class WriteQuestionsRequest(Contract):
    storyboard: StoryboardPlanned

    @property
    def correlation_id(self) -> str:
        return self.storyboard.correlation_id


class DrawingChecked(Contract):
    """When it is over, every panel is written: with pictures, or with the reason why not."""

    state: Literal["drawing", "over"]


class PublishGalleryRequest(Contract):
    storyboard: StoryboardPlanned
    execution_arn: str

    @property
    def correlation_id(self) -> str:
        return self.storyboard.correlation_id

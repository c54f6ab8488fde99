"""Contracts of a drawing: a job that draws a whole storyboard and ends by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from onmodel.contracts.base import Contract, Options, Slug, Usage
from onmodel.contracts.trainings import TrainingStatus

ARM = r"(tuned|references|base|step-[0-9]{6})"

Arm = Annotated[str, StringConstraints(pattern=f"^{ARM}$")]
"""One way to draw a storyboard.

`tuned`: with the production's own model. `references`: the untrained base model is given pictures
of the characters. `base`: the untrained base model alone, to compare with. `step-000500`: with the
model as it was after so many steps of its training.
"""

TUNED: Arm = "tuned"
REFERENCES: Arm = "references"
BASE: Arm = "base"

_STEP = "step-"


def arm_of_step(step: int) -> Arm:
    """The arm that draws with the checkpoint of a step."""
    return f"{_STEP}{step:06}"


def step_of_arm(arm: Arm) -> int | None:
    """The step of an arm that draws with a checkpoint; None for every other arm."""
    return int(arm.removeprefix(_STEP)) if arm.startswith(_STEP) else None


def needs_model(arm: Arm) -> bool:
    """Whether an arm draws with a trained model."""
    return arm == TUNED or step_of_arm(arm) is not None


class JobPicture(Contract):
    """What a drawing job has made of one picture."""

    id: str
    key: str | None = Field(default=None, description="of the PNG in the studio bucket")
    notice: str | None = Field(default=None, description="why it was not drawn, or about it")


class WantedPicture(Contract):
    """One picture that a drawing job is to draw."""

    id: str = Field(pattern="^[0-9a-z-]{1,40}$", description="unique in its drawing")
    arm: Arm
    text: str = Field(min_length=1)
    width: int
    height: int
    seed: int = Field(ge=0)
    references: tuple[str, ...] = Field(
        default=(), description="keys of JPEGs in the studio bucket, of the arm `references`"
    )


class DrawingSpec(Contract):
    """One drawing. Within a production a `drawing_id` is used once."""

    production: Slug
    drawing_id: Slug
    folder: str = Field(pattern="[^/]/$", description="prefix in the studio bucket for its files")
    model_ref: str | None = Field(default=None, description="None where no arm needs a model")
    checkpoint: int | None = Field(
        default=None, description="whose step `tuned` draws with; None: the trainer's own choice"
    )
    options: Options = Field(description="the trainer's own")
    pictures: tuple[WantedPicture, ...] = Field(min_length=1)

    @property
    def arms(self) -> tuple[Arm, ...]:
        """In the order of their first picture."""
        return tuple(dict.fromkeys(picture.arm for picture in self.pictures))


class DrawingState(Contract):
    """The state of a drawing now, as its trainer reports it."""

    drawing_ref: str
    status: TrainingStatus
    name: str | None = None
    reason: str | None = Field(default=None, description="why it failed, in the service's words")
    usage: tuple[Usage, ...] = Field(default=(), description="what was billed, when it is over")
    created_at: datetime | None = None
    ended_at: datetime | None = None

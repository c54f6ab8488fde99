"""Contracts of the judgement of a storyboard: five numbers of each arm, and advice."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from onmodel.contracts.base import Box, CharacterSlug, Contract
from onmodel.contracts.drawings import Arm

Number = Literal["identity", "prompt", "copy", "diversity", "cast"]
"""What is measured, never added up to one total.

`identity`: how near pictures are to held-out pictures of their characters; 0 is as far as other
characters, 1 as near as the character's own pictures. `prompt`: share of the questions about a
scene that are answered as they should be. `copy`: share of pictures that copy a training picture.
`diversity`: how much the pictures of a scene differ, in relation to the untrained model's. `cast`:
how well who is in the picture agrees with who should be.
"""


class DrawnFigure(Contract):
    """A figure that was found in a drawn picture. Its vector is row `row` of the panel's file."""

    box: Box = Field(description="in the picture's pixels")
    row: int = Field(ge=0)


class Structure(Contract):
    """How alike the shapes of a drawn picture and the nearest training picture are, -1 to 1."""

    same_way: float = Field(ge=-1, le=1, description="as they are")
    mirrored: float = Field(ge=-1, le=1, description="the training picture turned left to right")


class Interval(Contract):
    """A mean over scenes, and the interval that holds it in 95 of 100 resamplings of the scenes.

    One scene has no interval: `low` and `high` are None.
    """

    mean: float
    low: float | None
    high: float | None
    scenes: int = Field(ge=1)


class JudgedNumber(Contract):
    """One number of one arm. Without an interval, `why_not` says why it could not be measured."""

    number: Number
    arm: Arm
    interval: Interval | None = None
    why_not: str = ""
    beside: str = Field(default="", description="how far it can be relied on, a clause")


class JudgedPicture(Contract):
    """What was measured of one picture. None where it could not be."""

    key: str
    identity: dict[CharacterSlug, float] = Field(
        default_factory=dict, description="by each character of its scene that has a scale"
    )
    copy_of: str | None = Field(default=None, description="crop_id of the picture it copies")
    nearest_crop: str | None = None
    missing: tuple[CharacterSlug, ...] = Field(default=(), description="should be there, are not")
    surplus: tuple[CharacterSlug, ...] = Field(default=(), description="are there, should not be")
    strangers: int = Field(default=0, ge=0, description="figures who are no known character")
    cast: float | None = Field(default=None, ge=0, le=1)
    prompt: float | None = Field(default=None, ge=0, le=1)
    not_shown: tuple[str, ...] = Field(
        default=(), description="questions answered no, but for those that depend on them"
    )
    not_answered: int = Field(
        default=0, ge=0, description="questions whose answer was neither yes nor no"
    )


ArmVerdict = Literal[
    "better_than_references",
    "no_better_than_references",
    "better_than_base",
    "worse_than_base",
    "cannot_tell",
    "checkpoint_chosen",
]


class Advice(Contract):
    """Whether the training was worth it, and which checkpoint draws best, as far as arms tell."""

    verdict: ArmVerdict
    text: str = Field(description="a sentence for people, with the numbers and intervals")


class Judgement(Contract):
    """judgement.json of a take."""

    numbers: tuple[JudgedNumber, ...]
    pictures: tuple[JudgedPicture, ...]
    advice: tuple[Advice, ...] = ()
    bleed: dict[Arm, dict[CharacterSlug, dict[CharacterSlug, float]]] = Field(
        default_factory=dict,
        description="arm, who was asked for, who was found without being asked for: share of"
        " the pictures",
    )
    vendi: dict[Arm, float] = Field(
        default_factory=dict, description="how many different pictures a scene's are worth"
    )
    false_yes: dict[Arm, float] = Field(
        default_factory=dict, description="share of the questions to be answered no that were yes"
    )
    copy_threshold: float | None = Field(
        default=None, description="similarity above which a picture may be a copy"
    )
    simulated: bool = Field(
        default=False, description="the pictures, so that their numbers say nothing about a model"
    )
    checkpoint: int | None = Field(
        default=None, description="the step that draws best, where all checkpoints were drawn"
    )
    notices: tuple[str, ...] = ()

    def number(self, number: Number, arm: Arm) -> JudgedNumber | None:
        """None for an arm that was not drawn."""
        found = (n for n in self.numbers if (n.number, n.arm) == (number, arm))
        return next(found, None)

    def picture(self, key: str) -> JudgedPicture | None:
        return next((picture for picture in self.pictures if picture.key == key), None)

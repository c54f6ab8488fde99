"""What all contracts share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
"""Lower-case letters, digits and hyphens: safe in S3 keys, job names and execution names."""


CharacterSlug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


Seconds = Annotated[float, Field(ge=0)]


Options = dict[str, bool | int | float | str]
"""Named values that only one trainer understands: hyperparameters, options of a panel."""


FIRST_TRAINER = "bedrock"
"""Trains and deploys every row that was written before rows named their trainer."""


class Contract(BaseModel):
    """Base of everything that crosses a process boundary: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def from_stored(cls, data: bytes | str) -> Self:
        """Read JSON that onmodel stored, without the fields that newer code added, nested ones too.

        After an update back, what newer code wrote is there. Raises pydantic's ValidationError.
        """
        return cls.model_validate_json(data, extra="ignore")


ContractT = TypeVar("ContractT", bound=Contract)


class WithMovedKeys(Contract):
    """A contract whose keys have moved into a section, and are still taken where they stood."""

    moved_keys: ClassVar[Mapping[str, str]] = {}
    """The section of each."""

    @model_validator(mode="before")
    @classmethod
    def _move_keys(cls, value: Any) -> Any:  # noqa: ANN401 - whatever a file holds
        if not isinstance(value, dict) or not value.keys() & cls.moved_keys.keys():
            return value
        moved = {key: found for key, found in value.items() if key not in cls.moved_keys}
        for key, section in cls.moved_keys.items():
            if key in value:
                within = moved.get(section, {})
                if isinstance(within, Contract):
                    within = within.model_dump()
                if key in within:
                    raise ValueError(f"`{key}` is given twice, here and in `{section}`")
                moved[section] = {key: value[key], **within}
        return moved


HAND_WRITTEN = {"hand_written": True}
"""The validation context of a file that a person wrote just now.

Checks that are made only then do not refuse what was stored before the check existed.
"""


def is_hand_written(info: ValidationInfo) -> bool:
    """Whether a value comes from a file that a person wrote, not from one that was stored."""
    return info.context is HAND_WRITTEN


class Box(Contract):
    """A rectangle in the film's display pixels (after rotation, square pixels)."""

    left: int = Field(ge=0)
    top: int = Field(ge=0)
    width: int = Field(gt=0)
    height: int = Field(gt=0)

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def area(self) -> int:
        return self.width * self.height


class ObjectRef(Contract):
    """One version of one S3 object."""

    bucket: str
    key: str
    version_id: str | None = None


class Usage(Contract):
    """Paid calls of one kind: how many were paid for, and how many came from the cache.

    `item` is the price book's key, for example `rekognition.detect-labels`.
    """

    item: str
    paid: float = Field(default=0, ge=0)
    reused: float = Field(default=0, ge=0)


class Consumed(BaseModel):
    """A part of an AWS event: the fields that are read; others may come and go."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

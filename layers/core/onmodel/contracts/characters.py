"""The characters of a production, as its settings.yaml describes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from onmodel.contracts.base import Contract, is_hand_written
from onmodel.contracts.hand_written import Name, OneLine, at_most, one_line, when_written

LONGEST_FILM_SECONDS = 12 * 3600
LONGEST_NAME = 60
LARGEST_PIXEL = 16_384
"""Of a timecode and a box in settings: no film that is prepared is longer or larger."""

MOST_REFERENCES = 100
"""Of one character. Each is cut from its film again for every run: hundreds take minutes."""


def _film_name(text: str) -> str:
    made = one_line(text)
    if not made:
        raise ValueError("is empty, write the film's file name")
    return made


FilmName = Annotated[str, when_written(_film_name)]


class TimecodeReference(Contract):
    """A character shown by a place in an uploaded film."""

    film: FilmName = Field(description="the film's file name, or the end of its path")
    timecode_seconds: Annotated[float, at_most(LONGEST_FILM_SECONDS)] = Field(ge=0)
    box: tuple[int, int, int, int] = Field(
        description="left, top, right, bottom in the film's display pixels"
    )
    look: OneLine = Field(
        default="",
        max_length=LONGEST_NAME,
        exclude_if=lambda look: not look,  # ids of runs made before it existed are hashes of these
        description="of the character there, such as `winter coat`",
    )

    @field_validator("box")
    @classmethod
    def _is_a_rectangle(
        cls, box: tuple[int, int, int, int], info: ValidationInfo
    ) -> tuple[int, int, int, int]:
        if not is_hand_written(info):
            return box  # settings that were accepted before this check existed are still read
        left, top, right, bottom = box
        if max(map(abs, box)) > LARGEST_PIXEL:
            raise ValueError(
                f"has {max(box, key=abs)}, and no film has more than {LARGEST_PIXEL:,} pixels on a"
                " side"
            )
        if min(box) < 0:
            raise ValueError(f"has {min(box)}, and a film's pixels are counted from 0")
        if left >= right or top >= bottom:
            raise ValueError(
                f"{list(box)} encloses nothing, write left, top, right, bottom, with left < right"
                " and top < bottom"
            )
        return box


class Character(Contract):
    """A named role of the production."""

    name: Name = Field(min_length=1, max_length=LONGEST_NAME, description="as captions write it")
    description: str = Field(
        default="", max_length=600, description="key traits, for the captioning model"
    )
    references: tuple[TimecodeReference, ...] = ()

    @field_validator("references")
    @classmethod
    def _are_not_too_many(
        cls, references: tuple[TimecodeReference, ...], info: ValidationInfo
    ) -> tuple[TimecodeReference, ...]:
        if is_hand_written(info) and len(references) > MOST_REFERENCES:
            raise ValueError(f"has more than {MOST_REFERENCES} entries")
        return references

"""The check of all captions of a dataset: kinds of faults, and scores before and after repairs."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from onmodel.contracts.base import Contract


class CaptionFaultKind(StrEnum):
    """What can be wrong with a caption that is right by itself."""

    NAME = "name"
    """It does not name the picture's character; it may name another one."""
    TRAIT = "trait"
    """It says how the character always looks: the model would learn these words for the name."""
    FIGURE = "figure"
    """It leaves out another named character that is to be seen."""
    SHARED = "shared"
    """It has words that most captions have."""


class RepeatedPhrase(Contract):
    """Words that too many captions have: a trait of one character, or a part of most captions."""

    text: str = Field(description="in lower case, without names")
    kind: CaptionFaultKind
    character: str = Field(default="", description="slug; '' for a phrase of all captions")
    captions: int = Field(gt=0, description="that have it")
    of: int = Field(gt=0, description="captions that were compared")
    is_opening: bool = Field(default=False, description="captions begin with it")


class CaptionScores(Contract):
    """How many captions of a dataset have faults."""

    captions: int = Field(ge=0)
    faulty: int = Field(ge=0, description="with one fault or more")
    faults: dict[CaptionFaultKind, int] = Field(default_factory=dict, description="captions each")
    phrases: tuple[RepeatedPhrase, ...] = ()

    @property
    def faultless_percent(self) -> float:
        """0 to 100; 100 without captions."""
        return 100.0 * (self.captions - self.faulty) / self.captions if self.captions else 100.0


class CaptionCheck(Contract):
    """What the check found, and what became of it."""

    before: CaptionScores
    after: CaptionScores
    stripped: int = Field(default=0, ge=0, description="put right by a rule, without a call")
    asked_again: int = Field(default=0, ge=0, description="once more, with the fault named")
    changed_by_asking: int = Field(default=0, ge=0, description="of these; the others stayed")

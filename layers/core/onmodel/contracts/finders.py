"""The section `finder` of settings.yaml: which finders look for figures, and what each needs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from onmodel.contracts.base import Contract, is_hand_written
from onmodel.contracts.hand_written import Name
from onmodel.contracts.kinds import LISTED, STORED, check_kinds

FinderKind = Literal["labels", "faces", "grounding"]


class FacesFinderSettings(Contract):
    """What the finder `faces` cuts out around a face."""

    figure: Literal["head", "half", "full"] = Field(
        default="half", description="how much of the figure: head, to the waist, to the feet"
    )
    min_confidence: float = Field(default=90.0, ge=0, le=100)


LookFor = Annotated[Name, Field(max_length=100)]

NOVA = "amazon.nova"
"""Models whose ids begin so answer boxes in thousandths of the picture."""


class GroundingFinderSettings(Contract):
    """What the finder `grounding` asks a Nova model for."""

    look_for: tuple[LookFor, ...] = Field(
        default=("person", "animal", "drawn character"),
        min_length=1,
        max_length=20,
        description="the figures in the production's own words, such as `a fat grey rabbit`: all"
        " are asked for in every frame",
    )
    model: str = Field(
        default="amazon.nova-pro-v1:0", description="the stack's CaptionModelId; another is refused"
    )


class FinderSettings(Contract):
    """Which finders find figures, and which figures count."""

    kind: Annotated[tuple[FinderKind, ...], LISTED, STORED] = Field(
        default=("labels",),
        min_length=1,
        description="one or several, such as `[faces, labels]`: a figure that both find has the box"
        " of the first. `labels`: chosen labels of Rekognition, with their boxes; `faces`:"
        " Rekognition's faces, of people in live action; `grounding`: a Nova model is asked in the"
        " production's own words",
    )
    labels: tuple[Name, ...] = Field(
        default=("Person", "Animal", "Cartoon", "Toy", "Robot"),
        min_length=1,
        max_length=100,  # DetectLabels filters take at most 100 names
        description="labels that count as figures; a label's parents count too",
    )
    min_confidence: float = Field(default=55.0, ge=0, le=100, description="of a label")
    max_figures: int = Field(default=4, ge=1, le=20, description="of one frame, largest first")
    wide_when_no_box: bool = Field(
        default=True, description="a chosen label without a box gives the whole frame, flagged"
    )
    # sections are left out of dumps: ids of runs made before they existed are hashes of these
    faces: FacesFinderSettings = Field(
        default=FacesFinderSettings(),
        exclude_if=lambda section: section == FacesFinderSettings(),
        description="of the finder `faces`",
    )

    grounding: GroundingFinderSettings = Field(
        default=GroundingFinderSettings(),
        exclude_if=lambda section: section == GroundingFinderSettings(),
        description="of the finder `grounding`",
    )

    @model_validator(mode="after")
    def _name_each_finder_once(self, info: ValidationInfo) -> Self:
        if is_hand_written(info):
            check_kinds(self, self.kind)
        return self

"""The section `finder` of settings.yaml: which finders look for figures, and what each needs."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from onmodel.contracts.base import Contract, is_hand_written
from onmodel.contracts.hand_written import Name, when_written
from onmodel.contracts.kinds import LISTED, STORED, check_kinds

FinderKind = Literal["labels", "faces", "grounding", "custom_labels"]


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


MODEL_ARN = re.compile(
    r"arn:[a-z-]+:rekognition:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":project/(?P<project>[\w.-]{1,255})/version/(?P<version>[\w.-]{1,255})/\d+",
    re.ASCII,
)
"""Of a version of a Custom Labels project: what runs, and bills by the hour."""


def _model_arn(text: str) -> str:
    if MODEL_ARN.fullmatch(text) is None:
        raise ValueError(
            "is no ARN of a Custom Labels model, write the one that"
            " `aws rekognition describe-project-versions` shows as ProjectVersionArn"
        )
    return text


class CustomLabelsFinderSettings(Contract):
    """The user's own model that the finder `custom_labels` asks, and how long it may run."""

    model: Annotated[str, Field(max_length=2048), when_written(_model_arn)] = Field(
        default="",
        description="ARN of a version of a Custom Labels project that was trained with boxes; the"
        " stack's CustomLabelsProjects must allow the project",
    )
    min_confidence: float = Field(default=55.0, ge=0, le=100)
    inference_units: int = Field(
        default=1,
        ge=1,
        le=10,
        description="that the model is started with, each billed by the hour; ignored when it runs"
        " already",
    )
    hours: float = Field(
        default=3.0,
        ge=0.5,
        le=24,
        description="after these the model is stopped, also when the film is not done",
    )


class FinderSettings(Contract):
    """Which finders find figures, and which figures count."""

    kind: Annotated[tuple[FinderKind, ...], LISTED, STORED] = Field(
        default=("labels",),
        min_length=1,
        description="one or several, such as `[faces, labels]`: a figure that both find has the box"
        " of the first. `labels`: chosen labels of Rekognition, with their boxes; `faces`:"
        " Rekognition's faces, of people in live action; `grounding`: a Nova model is asked in the"
        " production's own words; `custom_labels`: a Custom Labels model of yours, which is started"
        " for the film and stopped after it",
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
    look_every: int = Field(
        default=6, ge=1, le=60,
        exclude_if=lambda frames: frames == 6,  # samples of before keep their hash
        description="frames of a shot from one that the finder is asked about to the next; figures"
        " are followed by their pixels in between, and it is asked where one is lost. 1 asks about"
        " every frame, and follows none",
    )  # fmt: skip
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

    custom_labels: CustomLabelsFinderSettings = Field(
        default=CustomLabelsFinderSettings(),
        exclude_if=lambda section: section == CustomLabelsFinderSettings(),
        description="of the finder `custom_labels`",
    )

    @property
    def of_pictures(self) -> FinderSettings:
        """For single pictures, such as drawn ones: no model is started for them."""
        kinds = tuple(kind for kind in self.kind if kind != "custom_labels")
        return self.model_copy(update={"kind": kinds or FinderSettings().kind})

    @model_validator(mode="after")
    def _name_each_finder_once(self, info: ValidationInfo) -> Self:
        if is_hand_written(info):
            check_kinds(self, self.kind)
            if "custom_labels" in self.kind and not self.custom_labels.model:
                raise ValueError(
                    "custom_labels asks a model of yours, write its ARN as custom_labels.model"
                )
        return self

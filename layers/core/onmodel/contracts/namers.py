"""The section `naming` of settings.yaml: which namers name crops, and what each needs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, model_validator

from onmodel.contracts.base import CharacterSlug, Contract, is_hand_written
from onmodel.contracts.kinds import LISTED, STORED, check_kinds

NamerKind = Literal["embeddings", "faces", "cluster"]

PictureId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,80}/[a-z0-9-]{1,60}$")]
"""A crop as reports name it: the ids of its film and of the crop itself."""


class FacesNamerSettings(Contract):
    """When the namer `faces` gives a name."""

    threshold: float = Field(
        default=90.0, ge=50, le=100, description="least similarity of two faces, in percent"
    )


class ClusterNamerSettings(Contract):
    """The names of groups of pictures that look alike."""

    names: dict[PictureId, CharacterSlug] = Field(
        default_factory=dict,
        max_length=500,
        description="by `film/picture`, as the film's report shows it: whoever this picture shows"
        " is this character, in every film",
    )


class NamingSettings(Contract):
    """Which namers name crops, and from which similarity on."""

    kind: Annotated[tuple[NamerKind, ...], LISTED, STORED] = Field(
        default=("embeddings",),
        min_length=1,
        # left out of dumps: the ids of runs made before this field existed are hashes of them
        exclude_if=lambda kind: kind == ("embeddings",),
        description="one or several, such as `[faces, embeddings]`: the first that knows a figure"
        " names it. `embeddings`: after the character of the nearest reference; `faces`: after the"
        " faces on the references, by Rekognition; `cluster`: pictures that look alike are shown as"
        " groups, and named once by a person",
    )
    threshold: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="least cosine similarity; without it, it is measured on the production's own"
        " references and film",
    )
    margin: float = Field(default=0.03, ge=0, le=1, description="ahead of the next character")
    # sections are left out of dumps, as kind
    faces: FacesNamerSettings = Field(
        default=FacesNamerSettings(),
        exclude_if=lambda section: section == FacesNamerSettings(),
        description="of the namer `faces`",
    )

    cluster: ClusterNamerSettings = Field(
        default=ClusterNamerSettings(),
        exclude_if=lambda section: section == ClusterNamerSettings(),
        description="of the namer `cluster`",
    )

    @model_validator(mode="after")
    def _name_each_namer_once(self, info: ValidationInfo) -> Self:
        if is_hand_written(info):
            check_kinds(self, self.kind)
        return self


class NameThreshold(Contract):
    """What a name of the namer `embeddings` needed in one film, and how often that may be wrong."""

    similarity: float = Field(description="least similarity of a name")
    margin: float = Field(description="least lead over the next character")
    measured: bool = Field(description="on the references and the film; False: it is a fixed one")
    tried: int = Field(ge=0, description="named tracks; 0 where none could be tried")
    misnamed: int = Field(
        ge=0,
        description="of these, named after another character when their own has no references",
    )

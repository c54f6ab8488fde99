"""The settings of a production, each with its meaning or its reason beside it."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from onmodel.contracts.base import CharacterSlug, Contract, WithMovedKeys, is_hand_written
from onmodel.contracts.bedrock import BedrockTrainingSettings
from onmodel.contracts.characters import Character
from onmodel.contracts.finders import FinderSettings
from onmodel.contracts.hand_written import OneLine, at_least, at_most, ordered
from onmodel.contracts.keys import digest, same_name
from onmodel.contracts.namers import NamingSettings
from onmodel.contracts.sagemaker import SageMakerTrainingSettings
from onmodel.contracts.sampling_settings import (
    CropSettings,
    DeduplicationSettings,
    EmbeddingSettings,
    Sampling,
)

NOT_OF_THE_RESULT: Any = {"finder": {"custom_labels": {"hours", "inference_units"}}}
"""What a finder may cost, and how quick it is: its answers stay the same."""


class TrainingSettings(WithMovedKeys):
    """What goes into a dataset, who trains on it, and how long."""

    moved_keys: ClassVar[Mapping[str, str]] = dict.fromkeys(
        BedrockTrainingSettings.model_fields, "bedrock"
    )

    trainer: Literal["auto", "bedrock", "sagemaker"] = Field(
        default="auto",
        # left out of dumps: the ids of datasets made before this field existed are hashes of them
        exclude_if=lambda trainer: trainer == "auto",
        description="`auto`: the first that can train today",
    )
    bedrock: BedrockTrainingSettings = BedrockTrainingSettings()
    sagemaker: SageMakerTrainingSettings = Field(
        default=SageMakerTrainingSettings(),
        exclude_if=lambda section: section == SageMakerTrainingSettings(),  # as `trainer`
    )
    automatic: bool = Field(
        default=True, description="false: films are only collected, and a person starts training"
    )
    quiet_minutes: float | None = Field(
        default=None, ge=0, le=1440,
        description="without a new film before a dataset is made; instead of the stack's own",
    )  # fmt: skip
    min_pictures: int = Field(default=5, ge=1, le=10_000, description="fewer make no dataset")
    max_per_character: int = Field(
        default=300, ge=1, le=10_000, description="best first, spread over the shots"
    )
    min_per_character: Annotated[int, at_most(10_000)] = Field(
        default=8, ge=1,
        description="with fewer the model may not learn the character, and a mail asks before the"
        " training",
    )  # fmt: skip
    max_share: Annotated[float, at_most(10_000)] = Field(
        default=3.0, ge=1,
        description="most pictures of a character by those of the median one: a lead who is in"
        " every shot must not drown the others",
    )  # fmt: skip
    min_quality: float = Field(
        default=0.3, ge=0, le=1,
        exclude_if=lambda quality: quality == 0.3,  # as `trainer`
        description="of a picture; lower ones are blurred, tiny or badly lit, and left out",
    )  # fmt: skip
    group_share: float = Field(
        default=0.2, ge=0, le=1,
        exclude_if=lambda share: share == 0.2,  # as `trainer`
        description="most pictures of several characters, of all: they teach names together; a"
        " character with fewer than `min_per_character` alone may have more",
    )  # fmt: skip
    include_one_off_looks: bool = Field(
        default=False,
        exclude_if=lambda included: not included,  # as `trainer`
        description="also train on looks that fewer than three pictures or a single shot show",
    )
    max_pictures: int = Field(default=10_000, ge=5, le=10_000, description="of the whole dataset")
    include_unnamed: bool = Field(default=False, description="also train on crops without a name")
    validation_share: float = Field(
        default=0.1, ge=0, le=0.5,
        description="of the pictures, whole shots, kept out of training; and a small shot of each"
        " character that has none among them; 0 keeps nothing out",
    )  # fmt: skip

    @model_validator(mode="after")
    def _have_their_limits_in_order(self, info: ValidationInfo) -> Self:
        if not is_hand_written(info):
            return self
        fitting = ordered(self, "min_pictures", "max_pictures")
        return ordered(fitting, "min_per_character", "max_per_character")

    @model_serializer(mode="wrap")
    def _dump(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """`bedrock` in its keys of before: the ids of datasets are hashes of this."""
        dumped: dict[str, Any] = dump(self)
        before: dict[str, Any] = dumped.pop("bedrock", {})
        return dumped | before


class CaptionSettings(Contract):
    """How crops are described."""

    model: str = Field(
        default="amazon.nova-pro-v1:0", description="the stack's CaptionModelId; another is refused"
    )
    temperature: float = Field(default=0.3, ge=0, le=1, description="0 repeats its phrases")
    min_words: int = Field(default=20, ge=1, le=150, description="asked for, not enforced")
    max_words: int = Field(default=30, ge=1, le=150, description="asked for, not enforced")
    tolerated_failure_percent: float = Field(
        default=5.0, ge=0, le=5,  # above it, the state machine stops asking
        description="pictures without a caption, left out and listed",
    )  # fmt: skip
    asked_again_percent: int = Field(
        default=30, ge=0, le=100,  # of captions that are all alike, 70 % are left: under 80 %
        # left out of dumps: the ids of datasets made before this field existed are hashes of them
        exclude_if=lambda percent: percent == 30,
        description="at most this share of new captions is asked for once more when the check of"
        " all captions finds faults that no rule takes away; 0: none",
    )  # fmt: skip
    guidance: str = Field(
        default="", max_length=600, description="added to the prompt: the production's own wishes"
    )

    def most_asked_again(self, captions: int) -> int:
        """How many of a dataset's new captions may be asked for once more."""
        return ceil(captions * self.asked_again_percent / 100)

    @model_validator(mode="after")
    def _have_their_words_in_order(self, info: ValidationInfo) -> Self:
        return ordered(self, "min_words", "max_words") if is_hand_written(info) else self


class DeploymentSettings(Contract):
    """How long a model answers, and costs money."""

    hours: Annotated[float, at_least(0.1)] = Field(
        default=2.0, gt=0, le=24, description="in service; extended only by a person"
    )


class StoryboardSettings(Contract):
    """How panels are judged and retried."""

    copy_threshold: float = Field(
        default=0.97, ge=0.5, le=1,
        description="similarity to one training picture from which a panel counts as its copy",
    )  # fmt: skip
    retries: int = Field(
        default=2, ge=0, le=5, description="other seeds tried when a panel is filtered"
    )
    questions: bool = Field(
        default=True,
        exclude_if=lambda asked: asked,  # as asked_again_percent of captions
        description="a model is asked yes/no questions about each picture; false: the number Prompt"
        " is not measured, and costs nothing",
    )


MOST_CHARACTERS = 100


class Settings(Contract):
    """A production's settings.yaml. Everything has a default; unknown keys are refused."""

    sampling: Sampling = Sampling()
    finder: FinderSettings = FinderSettings()
    crop: CropSettings = CropSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    deduplication: DeduplicationSettings = DeduplicationSettings()
    naming: NamingSettings = NamingSettings()
    training: TrainingSettings = TrainingSettings()
    captions: CaptionSettings = CaptionSettings()
    deployment: DeploymentSettings = DeploymentSettings()
    storyboard: StoryboardSettings = StoryboardSettings()
    review: Literal["none", "page", "a2i"] = Field(
        default="none",
        description="`page`: people look at pictures and captions before they are trained on;"
        " `a2i`: a work team of Amazon A2I does, by the stack's parameter `FlowDefinition`",
    )
    credit: OneLine = Field(
        default="", max_length=200, description="whose film it is: printed under its pictures"
    )
    characters: dict[CharacterSlug, Character] = Field(default_factory=dict)

    @field_validator("characters")
    @classmethod
    def _are_not_too_many(
        cls, characters: dict[str, Character], info: ValidationInfo
    ) -> dict[str, Character]:
        if is_hand_written(info) and len(characters) > MOST_CHARACTERS:
            raise ValueError(f"has more than {MOST_CHARACTERS} entries")
        return characters

    @field_validator("characters")
    @classmethod
    def _have_names_of_their_own(
        cls, characters: dict[str, Character], info: ValidationInfo
    ) -> dict[str, Character]:
        """A caption has only the name, and a storyboard may say either name or key."""
        if not is_hand_written(info):
            return characters
        called: dict[str, str] = {}
        for key, character in characters.items():
            other = called.setdefault(same_name(character.name), key)
            if other != key:
                raise ValueError(
                    f"{other} and {key} are both called {character.name}, give each its own name"
                )
        for key, character in characters.items():
            for other in characters:
                if other != key and same_name(other) == same_name(character.name):
                    raise ValueError(
                        f"{key} is called {character.name}, and {other} is the key of another"
                        " character, rename one of them"
                    )
        return characters

    def samples_hash(self) -> str:
        """A hash of the settings that sampling, finding, cropping and embedding depend on."""
        return digest(
            self.model_dump(
                mode="json",
                include={"sampling", "finder", "crop", "embedding"},
                exclude=NOT_OF_THE_RESULT,
            )
        )

    def run_hash(self) -> str:
        """A hash of what PrepareFilm's result depends on: not of the characters' descriptions."""
        dumped = self.model_dump(
            mode="json",
            include={"sampling", "finder", "crop", "embedding", "deduplication", "naming"},
            exclude=NOT_OF_THE_RESULT,
        )
        shown = {name: role.references for name, role in self.characters.items() if role.references}
        return digest(dumped | {"references": shown} if shown else dumped)


class AllowedModels(Contract):
    """The models that a stack's functions may call: ids or inference profiles."""

    embedding: str = EmbeddingSettings().model
    captions: str = CaptionSettings().model
    detector_projects: str = Field(
        default="",
        description="ARN of Custom Labels projects, with `*` for any text; '' is not checked",
    )
    has_flow_definition: bool = Field(
        default=True, description="whether human loops of Amazon A2I can be started"
    )

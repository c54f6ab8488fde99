"""The functions' environment variables: typed sections, each read by the functions that need it.

A function names its sections when it is loaded (`wiring.services(Buckets, Machines)`), so that a
missing variable fails the start and not a run. No variable has a default: template.yaml sets all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from onmodel.contracts.settings import AllowedModels
from onmodel.errors import EnvironmentIncomplete

NO_FLOW_DEFINITION = "none"
"""Of a stack that may start no human loop."""


class VariableGroup(BaseModel):
    """Variables that are needed together; a field's name in capitals is the variable's."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=str.upper,
        str_min_length=1,
        hide_input_in_errors=True,  # the environment holds a session token
    )


class Aws(VariableGroup):
    """Every function needs it."""

    aws_region: str = Field(description="set by Lambda")
    aws_endpoint_url: Annotated[str | None, BeforeValidator(lambda text: text or None)] = Field(
        default=None, description="of a local stack; empty or absent on AWS"
    )


class Buckets(VariableGroup):
    uploads_bucket: str
    studio_bucket: str


class RegistryTable(VariableGroup):
    registry_table: str


class CacheTable(VariableGroup):
    cache_table: str
    cache_days: int = Field(ge=1)


class Topic(VariableGroup):
    topic_arn: str


class Machines(VariableGroup):
    prepare_film_arn: str
    train_model_arn: str
    deploy_model_arn: str
    retire_model_arn: str
    draw_storyboard_arn: str


class Models(VariableGroup):
    embedding_model_id: str
    caption_model_id: str
    caption_foundation_model_id: str
    custom_labels_projects: str
    flow_definition: str = Field(description="its name, or `none`")
    topic_arn: str = Field(description="read for the partition, region and account of the stack")

    @property
    def allowed(self) -> AllowedModels:
        """The models that the functions' roles may call."""
        return AllowedModels(
            embedding=self.embedding_model_id,
            captions=self.caption_model_id,
            detector_projects=self.detector_projects,
            has_flow_definition=self.flow_definition != NO_FLOW_DEFINITION,
        )

    @property
    def detector_projects(self) -> str:
        """ARN of the Custom Labels projects that functions may use, with `*` for any text."""
        _, partition, _, region, account, _ = self.topic_arn.split(":")
        projects = f"project/{self.custom_labels_projects}"
        return f"arn:{partition}:rekognition:{region}:{account}:{projects}"


class HumanReview(VariableGroup):
    flow_definition: str = Field(description="its name, or `none`")
    topic_arn: str = Field(description="read for the partition, region and account of the stack")

    @property
    def flow_definition_arn(self) -> str | None:
        """Of this account and region; None when the stack has none."""
        if self.flow_definition == NO_FLOW_DEFINITION:
            return None
        _, partition, _, region, account, _ = self.topic_arn.split(":")
        name = f"flow-definition/{self.flow_definition}"
        return f"arn:{partition}:sagemaker:{region}:{account}:{name}"


class StackName(VariableGroup):
    stack_name: str


class TrainerResources(VariableGroup):
    stack_name: str
    training_role_arn: str
    base_model_id: str
    private_arrangement: bool

    @property
    def ending_model_id(self) -> str | None:
        """The base model, unless AWS has promised it beyond its end."""
        return None if self.private_arrangement else self.base_model_id


class SageMakerVariables(VariableGroup):
    stack_name: str
    job_role_arn: str
    training_image: str


class Schedules(VariableGroup):
    schedule_group: str
    scheduler_role_arn: str
    schedule_dead_letter_arn: str


class DetectorEnd(VariableGroup):
    stop_detector_arn: str


class CaptionQueueVariables(VariableGroup):
    caption_queue_url: str


class Links(VariableGroup):
    links_url: str
    link_secret_arn: str


class GenerationPace(VariableGroup):
    quiet_seconds: float = Field(ge=0)
    poll_seconds: float = Field(gt=0)


class FilmPace(VariableGroup):
    films_at_once: int = Field(ge=1)
    poll_seconds: float = Field(gt=0)


class LabelPace(VariableGroup):
    labels_per_second: float = Field(ge=0, description="0: the region's first quota")
    map_concurrency: int = Field(ge=1)


class SpendLimit(VariableGroup):
    spend_limit_usd: float = Field(ge=0)


class Approvals(VariableGroup):
    approval_days: float = Field(gt=0, le=365)


class DeploymentLimits(VariableGroup):
    deployment_hours: float = Field(gt=0, le=24)
    provision_minutes: float = Field(gt=0, le=600)


SectionT = TypeVar("SectionT", bound=VariableGroup)


class Environment:
    """The variables of one function, or of a deployed stack; each section is read once."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = dict(variables)
        self._sections: dict[type[VariableGroup], VariableGroup] = {}

    def read(self, section: type[SectionT]) -> SectionT:
        """Raises EnvironmentIncomplete naming each variable that is missing or invalid."""
        self.require(section)
        return cast(SectionT, self._sections[section])

    def require(self, *sections: type[VariableGroup]) -> None:
        """Read several sections, and name all faults at once.

        Raises:
            EnvironmentIncomplete: variables are missing, empty or invalid.
        """
        faults: list[str] = []
        for section in sections:
            if section in self._sections:
                continue
            try:
                self._sections[section] = section.model_validate(self._variables)
            except ValidationError as fault:
                faults += [self._describe(error) for error in fault.errors()]
        if faults:
            function = self._variables.get("AWS_LAMBDA_FUNCTION_NAME")
            raise EnvironmentIncomplete(
                (f"{function}: " if function else "") + ", ".join(faults),
                "template.yaml sets these variables, under Globals, Function, Environment",
            )

    def _describe(self, error: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
        name = str(error["loc"][0])
        return f"{name}: {error['msg']}" if self._variables.get(name) else f"{name} is not set"

"""The environment of the functions as one typed model, read once by wiring."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from onmodel.contracts.bedrock import BASE_MODEL
from onmodel.contracts.settings import AllowedModels


class Environment(BaseModel):
    """What template.yaml tells every function."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True
    )  # the environment holds a session token

    uploads_bucket: str = Field(alias="UPLOADS_BUCKET")
    studio_bucket: str = Field(alias="STUDIO_BUCKET")
    registry_table: str = Field(alias="REGISTRY_TABLE")
    cache_table: str = Field(alias="CACHE_TABLE")
    cache_days: int = Field(alias="CACHE_DAYS", default=365, ge=1)
    topic_arn: str = Field(alias="TOPIC_ARN")
    prepare_film_arn: str = Field(alias="PREPARE_FILM_ARN", default="")
    deploy_model_arn: str = Field(alias="DEPLOY_MODEL_ARN", default="")
    retire_model_arn: str = Field(alias="RETIRE_MODEL_ARN", default="")
    draw_storyboard_arn: str = Field(alias="DRAW_STORYBOARD_ARN", default="")
    deployment_hours: float = Field(alias="DEPLOYMENT_HOURS", default=2, gt=0, le=24)
    provision_minutes: float = Field(alias="PROVISION_MINUTES", default=90, gt=0, le=600)
    stack_name: str = Field(alias="STACK_NAME", default="onmodel")
    training_role_arn: str = Field(alias="TRAINING_ROLE_ARN", default="")
    base_model_id: str = Field(alias="BASE_MODEL_ID", default=BASE_MODEL)
    embedding_model_id: str = Field(alias="EMBEDDING_MODEL_ID", default=AllowedModels().embedding)
    caption_model_id: str = Field(alias="CAPTION_MODEL_ID", default=AllowedModels().captions)
    private_arrangement: bool = Field(alias="PRIVATE_ARRANGEMENT", default=False)
    schedule_group: str = Field(alias="SCHEDULE_GROUP", default="")
    scheduler_role_arn: str = Field(alias="SCHEDULER_ROLE_ARN", default="")
    schedule_dead_letter_arn: str = Field(alias="SCHEDULE_DEAD_LETTER_ARN", default="")
    train_model_arn: str = Field(alias="TRAIN_MODEL_ARN", default="")
    quiet_seconds: float = Field(alias="QUIET_SECONDS", default=900, ge=0)
    poll_seconds: float = Field(alias="POLL_SECONDS", default=60, gt=0)
    spend_limit_usd: float = Field(alias="SPEND_LIMIT_USD", default=100, ge=0)
    approval_days: float = Field(alias="APPROVAL_DAYS", default=7, gt=0, le=365)
    caption_queue_url: str = Field(alias="CAPTION_QUEUE_URL", default="")
    door_url: str = Field(alias="DOOR_URL", default="")
    door_secret_arn: str = Field(alias="DOOR_SECRET_ARN", default="")
    region: str = Field(alias="AWS_REGION", default="us-east-1")
    endpoint_url: str = Field(
        alias="AWS_ENDPOINT_URL", default="", description="of a local stack; empty on AWS"
    )

    @property
    def models(self) -> AllowedModels:
        """What the functions' roles let them call."""
        return AllowedModels(embedding=self.embedding_model_id, captions=self.caption_model_id)


def read_environment(variables: Mapping[str, str]) -> Environment:
    """Raises pydantic's ValidationError naming each variable that is missing."""
    return Environment.model_validate(dict(variables))

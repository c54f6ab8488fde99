"""Contracts of DeployModel and RetireModel: from a training to a model that answers, and back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from onmodel.contracts.base import Consumed, Contract, Slug
from onmodel.contracts.trainings import CostQuote


class DeploymentSpec(Contract):
    """A model to be made to answer.

    Within a production a `deployment_id` is used once, also after its end: the service may take a
    second creation for a repeat of the first.
    """

    production: Slug
    deployment_id: Slug
    model_ref: str
    units: int = Field(default=1, ge=1)


class DeploymentStatus(StrEnum):
    CREATING = "creating"
    IN_SERVICE = "in_service"
    UPDATING = "updating"
    FAILED = "failed"
    GONE = "gone"


class DeploymentState(Contract):
    """The state of a deployment now, as its trainer reports it."""

    deployment_ref: str
    status: DeploymentStatus
    name: str | None = None
    reason: str | None = None
    model_ref: str | None = None
    units: int | None = None
    created_at: datetime | None = None


DeploymentId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


JobRef = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
"""An ARN where the trainer is AWS's; opaque."""


ObjectKey = Annotated[str, StringConstraints(min_length=1, max_length=1024)]


VersionId = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
"""Of an S3 object; None is the newest version."""


LONGEST_DEPLOYMENT_HOURS = 24
"""The most that a person may ask for at once: 1,452 dollars. It can be extended day by day."""


Hours = Annotated[float, Field(gt=0, le=LONGEST_DEPLOYMENT_HOURS)]


class DeployRequest(Contract):
    """DeployModel's input: a job whose state changed, or a training to be deployed.

    A rule makes the first form from the trainer's event. A person or DrawStoryboard sends the
    second. `hours` None is the stack's own limit.
    """

    job_arn: JobRef | None = None
    production: Slug | None = None
    training_id: Slug | None = None
    storyboard_key: ObjectKey | None = None
    storyboard_version: VersionId | None = None
    retire_after_drawing: bool = False
    hours: Hours | None = None
    correlation_id: str | None = None

    @model_validator(mode="after")
    def _one_form(self) -> DeployRequest:
        by_name = self.production is not None and self.training_id is not None
        if (self.job_arn is not None) == by_name:
            raise ValueError("needs job_arn, or production and training_id")
        return self


class ClaimTrainingRequest(Contract):
    request: DeployRequest
    execution_arn: str

    @property
    def correlation_id(self) -> str:
        return self.request.correlation_id or self.execution_arn.rsplit(":", 1)[-1]


class ClaimedTraining(Contract):
    """What DeployModel is to do. Everything but `action` and `reason` is null when ignored.

    `draw_by_job`: its trainer deploys nothing. `ask`: to be deployed after a person approved
    `quote`. A request to draw a storyboard is never ignored: it waits until the deployment under
    way is over, or is drawn by one that stays in service.
    """

    action: Literal["ignore", "failed", "deploy", "ask", "wait", "draw", "draw_by_job"]
    reason: str = ""
    production: Slug | None = None
    training_id: Slug | None = None
    deployment_id: DeploymentId | None = None
    correlation_id: str | None = None
    hours: Hours | None = None
    storyboard_key: ObjectKey | None = None
    storyboard_version: VersionId | None = None
    retire_after_drawing: bool = False
    quote: CostQuote | None = None


class Claim(Contract):
    """A claim to deploy, as the states after ClaimTraining pass it on."""

    action: Literal["deploy", "ask"]
    reason: str = ""
    production: Slug
    training_id: Slug
    deployment_id: DeploymentId
    correlation_id: str
    hours: Hours
    storyboard_key: ObjectKey | None = None
    storyboard_version: VersionId | None = None
    retire_after_drawing: bool = False
    quote: CostQuote | None = None


class CompletedTraining(Contract):
    """A claim to use a new model, whichever way."""

    action: Literal["deploy", "ask", "draw_by_job"]
    reason: str = ""
    production: Slug
    training_id: Slug
    deployment_id: DeploymentId | None = None
    correlation_id: str
    hours: Hours | None = None
    storyboard_key: ObjectKey | None = None
    storyboard_version: VersionId | None = None
    retire_after_drawing: bool = False
    quote: CostQuote | None = None


class ClaimRequest(Contract):
    """The request of draw_loss_curve."""

    training: CompletedTraining

    @property
    def correlation_id(self) -> str:
        return self.training.correlation_id


class ScheduleRetirementRequest(Contract):
    training: Claim
    execution_arn: str

    @property
    def correlation_id(self) -> str:
        return self.training.correlation_id


class DeploymentRef(Consumed):
    """A deployment by reference; also RetireModel's input, where `reason` says why."""

    production: Slug
    deployment_id: DeploymentId
    correlation_id: str
    reason: str = Field(default="", max_length=2000)


class DeploymentScheduled(Contract):
    """A deployment whose end is scheduled, so that it may begin."""

    production: Slug
    deployment_id: DeploymentId
    training_id: Slug
    correlation_id: str
    storyboard_key: ObjectKey | None
    storyboard_version: VersionId | None
    retire_after_drawing: bool


class DeploymentRequest(Contract):
    """The request of provision_model and check_deployment."""

    deployment: DeploymentRef

    @property
    def correlation_id(self) -> str:
        return self.deployment.correlation_id


class DeploymentChecked(Contract):
    """`late`: not in service by its limit. `gone`: deleted, or being retired."""

    state: Literal["creating", "in_service", "failed", "gone", "late"]


class RetireRequest(DeploymentRequest):
    """The request of stop_deployment, verify_retired and bill_deployment.

    The guard of the deletion has no execution.
    """

    execution_arn: str


class RetirementVerified(Contract):
    """`alarm` is true once for each hour that the deployment outlives its retirement."""

    gone: bool
    alarm: bool

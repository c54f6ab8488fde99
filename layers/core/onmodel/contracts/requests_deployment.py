"""What each function of DeployModel, RetireModel and DrawStoryboard is called with and answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from onmodel.contracts.base import Contract, Slug
from onmodel.contracts.requests import Consumed
from onmodel.contracts.storyboard import PlannedPanel

DeploymentId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
JobRef = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
"""An ARN where the trainer is AWS's; opaque."""
ObjectKey = Annotated[str, StringConstraints(min_length=1, max_length=1024)]

LONGEST_DEPLOYMENT_HOURS = 24
"""Asked for by a person at most: 1,452 dollars. Longer is extended by hand, day by day."""

Hours = Annotated[float, Field(gt=0, le=LONGEST_DEPLOYMENT_HOURS)]

# ── DeployModel ──────────────────────────────────────────────────────────────────────────────────


class DeployRequest(Contract):
    """DeployModel's input: a job whose state changed, or a training that somebody wants deployed.

    The first form is what the rule makes of Bedrock's event; the second is a person's, and
    DrawStoryboard's. `hours` None is the stack's own limit.
    """

    job_arn: JobRef | None = None
    production: Slug | None = None
    training_id: Slug | None = None
    storyboard_key: ObjectKey | None = None
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
    """What DeployModel is to do. Everything but `action` and `reason` is null when ignored."""

    action: Literal["ignore", "failed", "deploy"]
    reason: str = ""
    production: Slug | None = None
    training_id: Slug | None = None
    deployment_id: DeploymentId | None = None
    correlation_id: str | None = None
    hours: Hours | None = None
    storyboard_key: ObjectKey | None = None
    retire_after_drawing: bool = False


class Claim(Contract):
    """A claim to deploy, as the states after ClaimTraining hand it on."""

    action: Literal["deploy"]
    reason: str = ""
    production: Slug
    training_id: Slug
    deployment_id: DeploymentId
    correlation_id: str
    hours: Hours
    storyboard_key: ObjectKey | None = None
    retire_after_drawing: bool = False


class ClaimRequest(Contract):
    """Of draw_loss_curve."""

    training: Claim

    @property
    def correlation_id(self) -> str:
        return self.training.correlation_id


class ScheduleRetirementRequest(ClaimRequest):
    execution_arn: str


class DeploymentRef(Consumed):
    """A deployment by reference; also RetireModel's input, where `reason` says who wants it."""

    production: Slug
    deployment_id: DeploymentId
    correlation_id: str
    reason: str = Field(default="", max_length=2000)


class DeploymentScheduled(Contract):
    """A deployment whose end is scheduled: only now may it begin."""

    production: Slug
    deployment_id: DeploymentId
    training_id: Slug
    correlation_id: str
    storyboard_key: ObjectKey | None
    retire_after_drawing: bool


class DeploymentRequest(Contract):
    """Of provision_model and check_deployment."""

    deployment: DeploymentRef

    @property
    def correlation_id(self) -> str:
        return self.deployment.correlation_id


class DeploymentChecked(Contract):
    """`late`: not in service by its limit. `gone`: deleted, or being retired."""

    state: Literal["creating", "in_service", "failed", "gone", "late"]


# ── RetireModel ──────────────────────────────────────────────────────────────────────────────────


class RetireRequest(DeploymentRequest):
    """Of stop_deployment, verify_retired and bill_deployment. The guard has no execution."""

    execution_arn: str


class RetirementVerified(Contract):
    """`alarm` is true once for each hour that the deployment outlives its retirement."""

    gone: bool
    alarm: bool
    round: int = Field(ge=0, description="whole hours since the retirement began")


# ── reconcile, guard_deletion ────────────────────────────────────────────────────────────────────


class ReconcileEvent(Consumed):
    """EventBridge's scheduled event; only its id and time matter, and neither is trusted."""

    id: str = "by-hand"
    source: Literal["aws.events", "aws.scheduler", "onmodel"]

    @property
    def correlation_id(self) -> str:
        return self.id


class Reconciled(Contract):
    """What was found and set right; all empty when all is well."""

    deployed: tuple[str, ...] = Field(default=(), description="trainings whose event was missed")
    retired: tuple[str, ...] = Field(default=(), description="deployments that were to end")
    adopted: tuple[str, ...] = Field(default=(), description="billing, and unknown to the Registry")
    released: tuple[str, ...] = Field(default=(), description="runs whose execution died")
    collected: tuple[str, ...] = Field(default=(), description="films whose event was lost")
    resumed: tuple[str, ...] = Field(default=(), description="generations whose execution died")


class DeletionGuardEvent(Consumed):
    """CloudFormation's request to a custom resource."""

    request_type: Literal["Create", "Update", "Delete"] = Field(alias="RequestType")
    response_url: str = Field(
        alias="ResponseURL",
        pattern="^https?://",
        description="signed: not one character may change",
    )
    stack_id: str = Field(alias="StackId")
    request_id: str = Field(alias="RequestId")
    logical_id: str = Field(alias="LogicalResourceId")
    physical_id: str | None = Field(default=None, alias="PhysicalResourceId")

    @property
    def correlation_id(self) -> str:
        return self.request_id


# ── DrawStoryboard ───────────────────────────────────────────────────────────────────────────────


class StoryboardRequest(Contract):
    """DrawStoryboard's input. `storyboard_key` null is the default storyboard.

    With `deployment_id` null, any deployment of the production that answers draws it.
    """

    production: Slug
    storyboard_key: ObjectKey | None = None
    deployment_id: DeploymentId | None = None
    correlation_id: str


class PlanStoryboardRequest(Contract):
    request: StoryboardRequest
    execution_arn: str

    @property
    def correlation_id(self) -> str:
        return self.request.correlation_id


class StoryboardPlanned(Contract):
    """Without a deployment only name, training and correlation are known: quote, ask, deploy."""

    deployed: bool
    production: Slug
    name: Slug
    training_id: Slug
    correlation_id: str
    storyboard_key: ObjectKey | None = None
    deployment_id: DeploymentId | None = None
    storyboard_id: Slug | None = Field(default=None, description="<name>-<take>, for mails")
    take: int | None = None
    panels: int = Field(ge=1)
    panels_key: ObjectKey | None = None


class QuoteDeploymentRequest(Contract):
    storyboard: StoryboardPlanned

    @property
    def correlation_id(self) -> str:
        return self.storyboard.correlation_id


class DeploymentQuoted(Contract):
    """`usd` is None when a price is missing: told, never zero."""

    usd: float | None
    subject_id: Slug = Field(description="what the approval is about")


class PanelItem(Contract):
    """A line of panels.jsonl, and a child of the map."""

    production: Slug
    name: Slug
    take: int = Field(ge=1)
    panel: int = Field(ge=1, description="its place in this take, from 1")
    deployment_id: DeploymentId
    correlation_id: str
    seeds_take: int = Field(ge=1, description="which of a scene's drawings: other seeds each")
    planned: PlannedPanel


class PanelItemRequest(Contract):
    """Of draw_panel and score_panel."""

    item: PanelItem

    @property
    def correlation_id(self) -> str:
        return self.item.correlation_id


class PublishGalleryRequest(Contract):
    storyboard: StoryboardPlanned
    execution_arn: str

    @property
    def correlation_id(self) -> str:
        return self.storyboard.correlation_id

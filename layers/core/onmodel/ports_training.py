"""What the second half asks of the world: training, deploying, captioning, drawing, waiting.

A trainer is a port: what is particular to one lives under trainers/<name>/ and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from onmodel.contracts.training import (
    DeploymentSpec,
    DeploymentState,
    Finding,
    LossPoint,
    OurResource,
    PanelRequest,
    Panels,
    Reply,
    Schedule,
    TrainerLimits,
    TrainingNames,
    TrainingPlan,
    TrainingSpec,
    TrainingState,
    Turn,
)
from onmodel.quotes import TrainerItems


class Trainer(Protocol):
    """Makes models from datasets, and makes them answer.

    References are opaque texts. Every call may raise Throttled or ServiceUnavailable; every call
    may be repeated, also after it succeeded and its answer was lost.
    """

    name: str
    limits: TrainerLimits
    items: TrainerItems

    def preflight(self, plan: TrainingPlan) -> tuple[Finding, ...]:
        """Everything that stands in the way, at once; warnings too. Costs nothing."""
        ...

    def manifest_line(self, picture_uri: str, caption: str) -> str:
        """One line of the dataset in the trainer's own form, without its line end."""
        ...

    def start(self, spec: TrainingSpec) -> str:
        """The training's reference; the same one when this training_id was started before.

        Raises:
            TrainingImpossible: the service refuses this account, model or dataset.
        """
        ...

    def names(self, production: str, training_id: str) -> TrainingNames:
        """What people will see at the service; always the same for the same ids."""
        ...

    def find(self, production: str, training_id: str) -> str | None:
        """The reference of a training that was started, by its exact name."""
        ...

    def describe(self, training_ref: str) -> TrainingState:
        """The state now; GONE when unknown."""
        ...

    def stop_training(self, training_ref: str) -> None:
        """Ask it to stop. One that is over or unknown is success."""
        ...

    def training_of(self, event: Mapping[str, Any]) -> str | None:
        """The reference of our training that a service's event tells of; None for all others.

        The event only says that something changed: ask `describe` what is true now.
        """
        ...

    def loss_curve(self, metrics_ref: str) -> tuple[LossPoint, ...]:
        """By step. Raises NotFound, or AnswerRefused when the file makes no sense."""
        ...

    def provision(self, spec: DeploymentSpec) -> str:
        """The deployment's reference; the same one when this deployment_id exists.

        It costs money from now on, without commitment: whoever calls has scheduled its end.

        Raises:
            TrainingImpossible: the account has no quota, or the service refuses the model.
            NotFound: the model is gone.
            Conflict: the id is taken by a deployment of another model.
        """
        ...

    def find_deployment(self, production: str, deployment_id: str) -> str | None: ...

    def describe_deployment(self, deployment_ref: str) -> DeploymentState:
        """The state now; GONE when unknown."""
        ...

    def stop_deployment(self, deployment_ref: str) -> None:
        """Delete it; gone is success. Raises Conflict while the service refuses: try again."""
        ...

    def delete_model(self, model_ref: str) -> None:
        """Delete it; gone is success. Raises Conflict while a deployment needs it."""
        ...

    def list_ours(self) -> tuple[OurResource, ...]:
        """Running trainings, all models and all deployments of this stack, by tag and name."""
        ...

    def panel_model(self, deployment_ref: str) -> str:
        """What the ImageModel is to be asked for, to draw with this deployment."""
        ...


class ImageModel(Protocol):
    """Draws panels. Raises AnswerRefused when nothing was drawn: filtered or impossible."""

    def draw(self, model: str, panel: PanelRequest) -> Panels: ...


class CaptionModel(Protocol):
    """A model that sees. Raises AnswerRefused for filtered and empty answers, with their cost."""

    model: str

    def ask(self, turns: Sequence[Turn], system: str = "") -> Reply: ...


class Scheduler(Protocol):
    """Starts a state machine once, later."""

    def at(
        self, name: str, when: datetime, target_arn: str, payload: Mapping[str, Any]
    ) -> Schedule:
        """The schedule that stands under this name: the first one; a repeat moves nothing.

        A time in the past becomes the next possible one.
        """
        ...

    def move(self, name: str, when: datetime) -> Schedule:
        """Raises NotFound."""
        ...

    def get(self, name: str) -> Schedule | None: ...

    def delete(self, name: str) -> None:
        """Gone is success."""
        ...


class TaskTokens(Protocol):
    """Answers to tasks that wait. False when nobody waits any more, which is success too."""

    def succeed(self, token: str, output: Mapping[str, Any]) -> bool: ...

    def fail(self, token: str, error: str, cause: str) -> bool: ...


class Quotas(Protocol):
    def value(self, service: str, quota: str) -> float | None:
        """What the account may use now; None when the quota is unknown here."""
        ...


class Secrets(Protocol):
    def get(self, name: str) -> str:
        """Raises NotFound."""
        ...


class EventBus(Protocol):
    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None: ...


class Account(Protocol):
    """What preflight looks up about buckets and roles."""

    def bucket_region(self, bucket: str) -> str | None:
        """None when the bucket does not exist."""
        ...

    def role_trusts(self, role_arn: str, service: str) -> bool | None:
        """Whether a service may assume the role; None when the role does not exist."""
        ...

"""The port to whoever trains and draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from onmodel.contracts.deployments import DeploymentSpec, DeploymentState
from onmodel.contracts.operations import OurResource
from onmodel.contracts.storyboards import PanelRequest, Panels
from onmodel.contracts.trainings import (
    Finding,
    LossPoint,
    TrainerItems,
    TrainerLimits,
    TrainingNames,
    TrainingPlan,
    TrainingSpec,
    TrainingState,
)


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

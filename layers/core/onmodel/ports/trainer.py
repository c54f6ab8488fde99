"""The ports to a trainer: its rules, its service, and the image model that draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Protocol

from onmodel.contracts.base import Options
from onmodel.contracts.datasets import CaptionedPicture, PictureFacts, Violation
from onmodel.contracts.deployments import DeploymentSpec, DeploymentState
from onmodel.contracts.operations import OurResource
from onmodel.contracts.settings import TrainingSettings
from onmodel.contracts.storyboards import PanelRequest, Panels, Storyboard
from onmodel.contracts.trainings import (
    Finding,
    LabelledValue,
    LossPoint,
    StandingItems,
    TrainerLimits,
    TrainingNames,
    TrainingPlan,
    TrainingSpec,
    TrainingState,
    Work,
)


class TrainerRules(Protocol):
    """What a trainer takes, makes and costs. Calls no service: every function may ask."""

    name: str
    limits: TrainerLimits
    items: StandingItems
    presets: Mapping[str, Options]
    """Hyperparameters by the preset's name."""
    on_a_local_stack: str
    """What a local stack says of this trainer, a clause without a full stop."""

    def hyperparameters(self, training: TrainingSettings) -> Options:
        """What the settings ask for, completed by the trainer's defaults; not yet checked."""
        ...

    def hyperparameter_faults(self, values: Options, /) -> tuple[Finding, ...]:
        """Every value outside the trainer's limits, missing or unknown; all are blocking."""
        ...

    def described(self, values: Options, /) -> tuple[LabelledValue, ...]:
        """As people read them in a mail."""
        ...

    def training_work(self, values: Options, /) -> Work:
        """What a training uses, with a month of keeping its model."""
        ...

    def deployment_work(self, hours: float) -> Work:
        """What a deployment uses that is in service so many hours."""
        ...

    def billed_hours(self, lived: timedelta) -> float:
        """Of a deployment that lived so long."""
        ...

    def panel_options(self, storyboard: Storyboard) -> Options:
        """What the storyboard asks of this trainer's image model alone."""
        ...

    def described_panels(self, storyboard: Storyboard) -> str:
        """Those options in a few words, for the gallery; may be empty."""
        ...

    def export(self, pictures: Iterable[CaptionedPicture]) -> bytes:
        """The manifest in the trainer's own form."""
        ...

    def manifest_violations(
        self, lines: bytes, pictures: Mapping[str, PictureFacts], /, *, name: str
    ) -> tuple[Violation, ...]:
        """All that would be refused of a manifest, in the order of its lines.

        Args:
            lines: the file, whoever wrote it.
            pictures: what is known of each picture, by its S3 URI; one that is missing here is a
                violation.
            name: the file's key.
        """
        ...


class Trainer(TrainerRules, Protocol):
    """Makes models from datasets, and makes them answer.

    References are opaque texts. Every call may raise Throttled or ServiceUnavailable; every call
    may be repeated, also after it succeeded and its answer was lost.
    """

    def preflight(self, plan: TrainingPlan) -> tuple[Finding, ...]:
        """Everything that stands in the way, at once; warnings too. Costs nothing."""
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

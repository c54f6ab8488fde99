"""The ports to a trainer: its rules, its service, and what draws with the models that it makes.

A trainer draws in one of two ways. A `Deployer` makes a model answer for some hours, and an
`ImageModel` draws panel after panel with it. `DrawingJobs` draw a whole storyboard in one job that
ends by itself. Steps ask a trainer which of the two it has; they do not ask for its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Protocol

from onmodel.contracts.base import Options
from onmodel.contracts.datasets import CaptionedPicture, PictureFacts, Violation
from onmodel.contracts.deployments import DeploymentSpec, DeploymentState
from onmodel.contracts.drawings import Arm, DrawingSpec, DrawingState, JobPicture
from onmodel.contracts.operations import OurResource, ResourceKind
from onmodel.contracts.panels import PanelRequest, Panels
from onmodel.contracts.settings import TrainingSettings
from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import (
    DatasetSize,
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


class DeployerRules(Protocol):
    """What a deployment costs. Calls no service."""

    def deployment_work(self, hours: float, provision_minutes: float) -> Work:
        """What a deployment uses until its scheduled end.

        Args:
            hours: in service.
            provision_minutes: the longest time until it is in service.
        """
        ...

    def billed_hours(self, lived: timedelta) -> float:
        """The hours that are billed for a deployment that existed for this time."""
        ...


class DrawingRules(Protocol):
    """What a drawing job costs. Calls no service."""

    def drawing_options(self, storyboard: Storyboard, training: TrainingSettings) -> Options:
        """How a job draws the storyboard; kept with it."""
        ...

    def drawing_work(self, pictures: Mapping[Arm, int], options: Options, /) -> Work:
        """What a job uses that draws so many pictures by each arm."""
        ...


class TrainerRules(Protocol):
    """What a trainer takes, makes and costs. Calls no service: every function may use it."""

    name: str
    limits: TrainerLimits
    items: StandingItems
    presets: Mapping[str, Options]
    """The presets' hyperparameters, by the preset's name."""
    arms: tuple[Arm, ...]
    """The ways in which it draws a storyboard."""
    kinds: tuple[ResourceKind, ...]
    """What a stack may have at its service; `list_ours` asks the service about these alone."""
    on_a_local_stack: str
    """What a local stack says of this trainer, a clause without a full stop."""

    @property
    def deployer(self) -> DeployerRules | None:
        """None: its models are not deployed."""
        ...

    @property
    def drawing_jobs(self) -> DrawingRules | None:
        """None: it draws with a deployment."""
        ...

    def hyperparameters(
        self, training: TrainingSettings, dataset: DatasetSize | None = None
    ) -> Options:
        """The settings' hyperparameters, completed by the trainer's defaults; not yet checked.

        Args:
            training: the settings.
            dataset: what is trained on; None before it is made: the most that may be needed.
        """
        ...

    def hyperparameter_faults(self, values: Options, /) -> tuple[Finding, ...]:
        """Every value outside the trainer's limits, missing or unknown; all are blocking."""
        ...

    def described(self, values: Options, /) -> tuple[LabelledValue, ...]:
        """The hyperparameters as a mail shows them."""
        ...

    def training_work(self, values: Options, /) -> Work:
        """What a training uses, and what keeping its model for a month uses."""
        ...

    def panel_options(self, storyboard: Storyboard) -> Options:
        """The storyboard's options that only this trainer's image model has."""
        ...

    def described_panels(self, storyboard: Storyboard) -> str:
        """Those options in a few words, for the gallery; may be empty."""
        ...

    def text_fault(self, text: str, /) -> str | None:
        """Why the model would not read all of a panel's text; None when it does.

        A clause without its subject: "has 1,041 characters, at most 1,024 are read".
        """
        ...

    def export(self, pictures: Iterable[CaptionedPicture]) -> bytes:
        """The manifest in the trainer's own form."""
        ...

    def manifest_violations(
        self, lines: bytes, pictures: Mapping[str, PictureFacts], /, *, name: str
    ) -> tuple[Violation, ...]:
        """Everything in a manifest that the service would refuse, in the order of its lines.

        Args:
            lines: the file.
            pictures: the facts of each picture, by its S3 URI; a picture that is missing here is a
                violation.
            name: the file's key.
        """
        ...


class Trainer(TrainerRules, Protocol):
    """Trains models on datasets.

    References are opaque texts. Every call may raise Throttled or ServiceUnavailable; every call
    may be repeated, also after it succeeded and its answer was lost.
    """

    @property
    def deployer(self) -> Deployer | None: ...

    @property
    def drawing_jobs(self) -> DrawingJobs | None: ...

    def preflight(self, plan: TrainingPlan) -> tuple[Finding, ...]:
        """All reasons why training is impossible, and warnings. Costs nothing."""
        ...

    def start(self, spec: TrainingSpec) -> str:
        """The training's reference; the same one when this training_id was started before.

        Raises:
            TrainingImpossible: the service refuses this account, model or dataset.
        """
        ...

    def names(self, production: str, training_id: str) -> TrainingNames:
        """The names shown by the service; always the same for the same ids."""
        ...

    def find(self, production: str, training_id: str) -> str | None:
        """The reference of a training that was started, by its exact name."""
        ...

    def describe(self, training_ref: str) -> TrainingState:
        """The state now; GONE when unknown."""
        ...

    def stop_training(self, training_ref: str) -> None:
        """Ask it, or a preparation, to stop; succeeds when it is over or unknown."""
        ...

    def loss_curve(self, metrics_ref: str) -> tuple[LossPoint, ...]:
        """By step. Raises NotFound, or AnswerRefused when the file is not of the expected form."""
        ...

    def delete_model(self, model_ref: str) -> None:
        """Delete it; succeeds when it does not exist. Raises Conflict while it is in use."""
        ...

    def list_ours(self, *kinds: ResourceKind) -> tuple[OurResource, ...]:
        """What this stack has at the service, by tag and name.

        Running jobs of all kinds, all models, all deployments. Nothing of a kind that the trainer
        does not have.

        Args:
            kinds: only of these kinds; of all when none is given.

        Raises:
            AccessDenied: a list of one of these kinds is denied.
        """
        ...


Trainers = Mapping[str, Trainer]
"""By name, in the order in which they are preferred. Rows say which one they belong to."""

TrainersRules = Mapping[str, TrainerRules]
"""The same, for what calls no service."""


class Deployer(DeployerRules, Protocol):
    """Makes models answer. Repeated calls and faults as of Trainer."""

    def provision(self, spec: DeploymentSpec) -> str:
        """The deployment's reference; the same one when this deployment_id exists.

        It costs money from now on, without commitment: its end must be scheduled before.

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
        """Delete it; succeeds when it does not exist. Raises Conflict while the service refuses."""
        ...

    def panel_model(self, deployment_ref: str) -> str:
        """The model id for the ImageModel, to draw with this deployment."""
        ...


class DrawingJobs(DrawingRules, Protocol):
    """Draws storyboards by jobs that end by themselves. Repeated calls and faults as of Trainer."""

    def start_drawing(self, spec: DrawingSpec) -> str:
        """The job's reference; the same one when this drawing_id was started before.

        Raises:
            TrainingImpossible: the service refuses, a limit is reached, the model is gone, or a job
                of this name draws something else.
        """
        ...

    def find_drawing(self, production: str, drawing_id: str) -> str | None:
        """The reference of a drawing that was started, by its exact name."""
        ...

    def describe_drawing(self, drawing_ref: str) -> DrawingState:
        """The state now; GONE when unknown."""
        ...

    def stop_drawing(self, drawing_ref: str) -> None:
        """Ask it to stop; succeeds when it is over or unknown."""
        ...

    def drawn_pictures(self, spec: DrawingSpec) -> tuple[JobPicture, ...]:
        """What the job has made of each picture of the spec, in the spec's order.

        A picture that is not there yet is left out.
        """
        ...


class ImageModel(Protocol):
    """Draws panels. Raises AnswerRefused when nothing was drawn: filtered, or not possible."""

    def draw(self, model: str, panel: PanelRequest) -> Panels: ...


ImageModelOf = Callable[[str], ImageModel]
"""The image model of a trainer, by the trainer's name."""

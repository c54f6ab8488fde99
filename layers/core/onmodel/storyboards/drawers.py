"""Who draws a storyboard, and which panels: what planning and the command line both ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onmodel.contracts.base import FIRST_TRAINER
from onmodel.contracts.drawings import TUNED, Arm, needs_model
from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.panels import PlannedPanel
from onmodel.contracts.rows import DeploymentStage, TrainingStage
from onmodel.contracts.storyboards import Storyboard, StoryboardRequest
from onmodel.errors import EventRefused, SettingsRefused
from onmodel.films.production import characters_of
from onmodel.films.settings import settings_in_force
from onmodel.formats.wording import ASKED_ABOUT
from onmodel.money.approvals import OF_A_DATASET, is_open
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import TrainersRules
from onmodel.registry.kinds import (
    APPROVALS,
    DEPLOYMENTS,
    RUNS,
    TRAININGS,
    DeploymentRow,
    TrainingRow,
)
from onmodel.storyboards.checkpoints import with_checkpoints
from onmodel.storyboards.planning import plan_panels

UNDER_WAY = frozenset({TrainingStage.STARTING, TrainingStage.IN_PROGRESS})


@dataclass(frozen=True)
class Drawer:
    """Who draws a storyboard. Without a training, a model that was not trained draws."""

    trainer: str
    by_job: bool
    training: TrainingRow | None
    deployment: DeploymentRow | None


@dataclass(frozen=True)
class Drawers:
    """Reads rows and settings, and writes nothing."""

    registry: Registry
    studio: ObjectStore
    rules: TrainersRules
    clock: Clock

    def check(self, storyboard: Storyboard, request: StoryboardRequest) -> Drawer:
        """The drawer of a storyboard of which every panel can be drawn.

        Raises:
            SettingsRefused: it has a fault, or the production has no model.
            EventRefused: the requested deployment is not in service.
        """
        storyboard = self.expanded(storyboard, request)
        drawer = self.drawer(request, storyboard)
        self.panels(storyboard, request.production, drawer.trainer)
        self.must_be_trained(drawer, storyboard, request.production)
        return drawer

    def expanded(self, storyboard: Storyboard, request: StoryboardRequest) -> Storyboard:
        """The storyboard with an arm for each checkpoint of the training that the request means.

        Raises:
            SettingsRefused: as with_checkpoints says.
        """
        return with_checkpoints(storyboard, self._training(request))

    def drawer(self, request: StoryboardRequest, storyboard: Storyboard) -> Drawer:
        """Who draws: a deployment that answers, else the newest model, else an untrained one.

        Raises:
            SettingsRefused: nobody draws by all the arms that the storyboard names.
        """
        training = self._training(request)
        trained = training.body.trainer if training else FIRST_TRAINER
        if any(map(needs_model, storyboard.arms)):
            deployment = None if request.training_id else self._deployment(request)
            trainer = deployment.body.trainer if deployment else trained
            self._must_draw(trainer, storyboard.arms)
            by_job = deployment is None and self.rules[trainer].drawing_jobs is not None
            return Drawer(trainer, by_job, None if deployment else training, deployment)
        if self._can_draw(trained, storyboard.arms):
            return Drawer(trained, True, None, None)
        for name in self.rules:
            if self._can_draw(name, storyboard.arms):
                return Drawer(name, True, None, None)
        raise SettingsRefused(
            f"arms: no trainer draws by {' and '.join(storyboard.arms)}", "Name other arms"
        )

    def panels(
        self, storyboard: Storyboard, production: str, trainer: str
    ) -> list[tuple[int, PlannedPanel]]:
        """The panels with the take that their seed is made from.

        All takes of a scene stand together, each by all arms.

        Raises:
            SettingsRefused: as plan_panels says.
        """
        settings = settings_in_force(production, self.studio)
        characters = characters_of(production, settings, self.registry)
        planned = [
            (take, panel)
            for take in range(1, storyboard.takes + 1)
            for panel in plan_panels(storyboard, characters, self.rules[trainer], take)
        ]
        ordered = sorted(planned, key=lambda pair: (pair[1].number, pair[0]))
        return [
            (take, panel.model_copy(update={"arm": arm}))
            for take, panel in ordered
            for arm in dict.fromkeys(storyboard.arms)
        ]

    def is_deploying(self, production: str) -> bool:
        """Whether a deployment is being created that will be there for any storyboard."""
        return any(
            found.status in {DeploymentStage.PLANNED, DeploymentStage.CREATING}
            and found.body.retires_at > self.clock()
            and not found.body.retire_after_drawing
            for found in DEPLOYMENTS.list(self.registry, production)
        )

    def _can_draw(self, trainer: str, arms: Sequence[Arm]) -> bool:
        rules = self.rules[trainer]
        return rules.drawing_jobs is not None and set(arms) <= set(rules.arms)

    def _must_draw(self, trainer: str, arms: Sequence[Arm]) -> None:
        known = self.rules[trainer].arms
        others = [arm for arm in arms if (TUNED if needs_model(arm) else arm) not in known]
        if others:
            raise SettingsRefused(
                f"arms: the trainer {trainer}, which draws here, does not draw by"
                f" {' and '.join(others)}",
                "Leave them out, or write a storyboard of them alone",
            )

    def must_be_trained(self, drawer: Drawer, storyboard: Storyboard, production: str) -> None:
        """Raises SettingsRefused for a storyboard of a trained model where there is none."""
        if drawer.deployment is None and drawer.training is None and TUNED in storyboard.arms:
            raise SettingsRefused(
                f"no model of production {production} is trained yet",
                f"{self._what_first(production)}; the storyboard can be uploaded again when the"
                " model is ready",
            )

    def _what_first(self, production: str) -> str:
        """What a model of the production waits for, a clause."""
        trainings = TRAININGS.list(self.registry, production)
        running = [row.id for row in trainings if row.status in UNDER_WAY]
        if running:
            return f"{running[-1]} is being trained, for hours"
        asked = [
            row
            for row in APPROVALS.list(self.registry, production)
            if row.body.purpose in OF_A_DATASET and is_open(row, self.clock())
        ]
        if asked:
            what = ASKED_ABOUT[asked[-1].body.purpose]
            return f"A question about its {what} waits for your answer, by the link in its mail"
        runs = RUNS.list(self.registry, production)
        if any(row.status in {RunStatus.RUNNING, RunStatus.PREPARED} for row in runs):
            return "Films of it are there: `onmodel status` says what a training waits for"
        return "Upload films first"

    def _training(self, request: StoryboardRequest) -> TrainingRow | None:
        if request.training_id is None:
            return newest_training(request.production, self.registry)
        return TRAININGS.require(self.registry, request.production, request.training_id)

    def _deployment(self, request: StoryboardRequest) -> DeploymentRow | None:
        """The requested deployment, else the one that ends last."""
        now = self.clock()
        if request.deployment_id is not None:
            asked = DEPLOYMENTS.require(self.registry, request.production, request.deployment_id)
            if asked.status != DeploymentStage.IN_SERVICE:
                raise EventRefused(f"{asked.id} is {asked.status}: it draws nothing")
            return asked
        serving = [
            found
            for found in DEPLOYMENTS.list(self.registry, request.production)
            if found.status == DeploymentStage.IN_SERVICE and found.body.retires_at > now
        ]
        return max(serving, key=lambda found: found.body.retires_at, default=None)


def newest_training(production: str, registry: Registry) -> TrainingRow | None:
    """The training whose model is the newest; None while no model is trained."""
    trained = [
        training
        for training in TRAININGS.list(registry, production)
        if training.status == TrainingStage.COMPLETED
    ]
    return max(trained, key=lambda training: training.created_at, default=None)

"""Read and check a storyboard, find a model that draws it, and write its panels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from onmodel.contracts.base import FIRST_TRAINER
from onmodel.contracts.keys import StoryboardKeys, as_typed
from onmodel.contracts.rows import (
    DeploymentStage,
    StoryboardBody,
    StoryboardStatus,
    TrainingStage,
)
from onmodel.contracts.storyboards import (
    PanelItem,
    PlannedPanel,
    PlanStoryboardRequest,
    Storyboard,
    StoryboardPlanned,
    StoryboardRequest,
)
from onmodel.errors import EventRefused, NotFound, SettingsRefused
from onmodel.films.production import characters_of
from onmodel.films.settings import settings_in_force
from onmodel.formats.jsonl import write_lines
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import TrainerRules, TrainersRules
from onmodel.registry.kinds import DEPLOYMENTS, STORYBOARDS, TRAININGS, DeploymentRow, TrainingRow
from onmodel.storyboards.first import FIRST_STORYBOARD, first_storyboard
from onmodel.storyboards.naming import storyboard_name
from onmodel.storyboards.planning import plan_panels, read_storyboard


@dataclass(frozen=True)
class PlanStoryboard:
    """The services that planning needs."""

    registry: Registry
    uploads: ObjectStore
    studio: ObjectStore
    rules: TrainersRules
    clock: Clock

    def plan(self, asked: PlanStoryboardRequest) -> StoryboardPlanned:
        """Plan a storyboard. Every fault of it is refused here, before money is spent.

        Raises:
            SettingsRefused: the file is missing or invalid, or the production has no model.
            EventRefused: the requested deployment is not in service.
        """
        request = asked.request
        file, storyboard = self._read(request)
        name = FIRST_STORYBOARD
        if request.storyboard_key is not None:
            name = storyboard_name(file, request.production, self.registry)
        deployment = self._deployment(request)
        training = None if deployment else newest_training(request.production, self.registry)
        trainer = _trainer_of(deployment or training)
        panels = self._panels(storyboard, request.production, self.rules[trainer])
        if deployment is None:
            return StoryboardPlanned(
                deployed=False,
                deploying=self._is_deploying(request.production),
                production=request.production,
                name=name,
                trainer=trainer,
                training_id=_must_be_trained(training, request.production).id,
                correlation_id=request.correlation_id,
                storyboard_key=request.storyboard_key,
                storyboard_version=request.storyboard_version,
                panels=len(panels),
            )
        body = StoryboardBody(
            name=name,
            file=file,
            take=1,
            deployment_id=deployment.id,
            correlation_id=request.correlation_id,
            title=storyboard.title,
            panels=len(panels),
        )
        body = self._take(body, request.production, asked.execution_arn)
        keys = StoryboardKeys(request.production, name, body.take)
        items = [
            PanelItem(
                production=request.production,
                name=name,
                take=body.take,
                panel=number,
                deployment_id=deployment.id,
                correlation_id=request.correlation_id,
                seeds_take=take,
                planned=planned,
            )
            for number, (take, planned) in enumerate(panels, 1)
        ]
        self.studio.put(keys.storyboard, storyboard.model_dump_json().encode(), "application/json")
        settings = settings_in_force(request.production, self.studio)
        self.studio.put(keys.settings, settings.model_dump_json().encode(), "application/json")
        self.studio.put(keys.plan, write_lines(items), "application/jsonl")
        return StoryboardPlanned(
            deployed=True,
            production=request.production,
            name=name,
            trainer=trainer,
            training_id=deployment.body.training_id,
            correlation_id=request.correlation_id,
            storyboard_key=request.storyboard_key,
            storyboard_version=request.storyboard_version,
            deployment_id=deployment.id,
            storyboard_id=f"{name}-{body.take}",
            take=body.take,
            panels=len(panels),
            panels_key=keys.plan,
        )

    def _read(self, request: StoryboardRequest) -> tuple[str, Storyboard]:
        key = request.storyboard_key
        if key is None:
            settings = settings_in_force(request.production, self.studio)
            characters = characters_of(request.production, settings, self.registry)
            return FIRST_STORYBOARD, first_storyboard(characters)
        try:
            return as_typed(PurePosixPath(key).stem), read_storyboard(
                self.uploads, key, request.storyboard_version
            )
        except NotFound as fault:
            raise SettingsRefused(f"{key} is gone", "Upload it again") from fault

    def _panels(
        self, storyboard: Storyboard, production: str, rules: TrainerRules
    ) -> list[tuple[int, PlannedPanel]]:
        """The panels with the take that their seed is made from, all takes of a scene together."""
        settings = settings_in_force(production, self.studio)
        characters = characters_of(production, settings, self.registry)
        planned = [
            (take, panel)
            for take in range(1, storyboard.takes + 1)
            for panel in plan_panels(storyboard, characters, rules, take)
        ]
        return sorted(planned, key=lambda pair: (pair[1].number, pair[0]))

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

    def _is_deploying(self, production: str) -> bool:
        """Whether a deployment is being created that will be there for any storyboard."""
        return any(
            found.status in {DeploymentStage.PLANNED, DeploymentStage.CREATING}
            and found.body.retires_at > self.clock()
            and not found.body.retire_after_drawing
            for found in DEPLOYMENTS.list(self.registry, production)
        )

    def _take(self, body: StoryboardBody, production: str, execution_arn: str) -> StoryboardBody:
        """The next take; this execution's own take in a repeat. Raises Conflict."""
        before = [
            take
            for take in STORYBOARDS.list(self.registry, production)
            if take.body.name == body.name
        ]
        for take in before:
            if take.holder == execution_arn:
                return take.body
        number = 1 + max((take.body.take for take in before), default=0)
        made = STORYBOARDS.create(
            self.registry,
            production,
            f"{body.name}-{number}",
            status=StoryboardStatus.DRAWING,
            body=body.model_copy(update={"take": number}),
            now=self.clock(),
            holder=execution_arn,
        )
        return made.body


def _trainer_of(row: DeploymentRow | TrainingRow | None) -> str:
    """The trainer that draws; without a model the storyboard is only checked."""
    return FIRST_TRAINER if row is None else row.body.trainer


def _must_be_trained(training: TrainingRow | None, production: str) -> TrainingRow:
    if training is None:
        raise SettingsRefused(
            f"no model of production {production} is trained yet",
            "Upload films first; the storyboard can be uploaded again when the model is ready",
        )
    return training


def newest_training(production: str, registry: Registry) -> TrainingRow | None:
    """The training whose model is the newest; None while no model is trained."""
    trained = [
        training
        for training in TRAININGS.list(registry, production)
        if training.status == TrainingStage.COMPLETED
    ]
    return max(trained, key=lambda training: training.created_at, default=None)

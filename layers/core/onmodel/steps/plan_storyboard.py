"""Read and check a storyboard, find a model that draws it, and write its panels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from onmodel.contracts.keys import StoryboardKeys, as_typed
from onmodel.contracts.panels import PanelItem, PlannedPanel
from onmodel.contracts.rows import (
    StoryboardBody,
    StoryboardStatus,
)
from onmodel.contracts.storyboards import (
    PlanStoryboardRequest,
    Storyboard,
    StoryboardPlanned,
    StoryboardRequest,
)
from onmodel.errors import NotFound, SettingsRefused
from onmodel.films.production import characters_of
from onmodel.films.settings import settings_in_force
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.money.judging_quotes import judging_usage
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import TrainersRules
from onmodel.registry.kinds import (
    DATASETS,
    STORYBOARDS,
    TRAININGS,
    DeploymentRow,
)
from onmodel.registry.tombstones import last_take
from onmodel.storyboards.drawers import Drawers
from onmodel.storyboards.first import FIRST_STORYBOARD, first_storyboard
from onmodel.storyboards.naming import storyboard_name
from onmodel.storyboards.planning import read_storyboard


@dataclass(frozen=True)
class PlanStoryboard:
    """The services that planning needs."""

    registry: Registry
    uploads: ObjectStore
    studio: ObjectStore
    rules: TrainersRules
    clock: Clock

    @property
    def _drawers(self) -> Drawers:
        return Drawers(self.registry, self.studio, self.rules, self.clock)

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
        storyboard = self._drawers.expanded(storyboard, request)
        drawer = self._drawers.drawer(request, storyboard)
        panels = self._drawers.panels(storyboard, request.production, drawer.trainer)
        if drawer.deployment is not None:
            return self._deployed(asked, (name, file), storyboard, panels, drawer.deployment)
        self._drawers.must_be_trained(drawer, storyboard, request.production)
        training = drawer.training
        return StoryboardPlanned(
            deployed=False,
            by_job=drawer.by_job,
            agreed=request.training_id is not None,
            deploying=not drawer.by_job and self._drawers.is_deploying(request.production),
            production=request.production,
            name=name,
            trainer=drawer.trainer,
            training_id=training.id if training else None,
            correlation_id=request.correlation_id,
            storyboard_key=request.storyboard_key,
            storyboard_version=request.storyboard_version,
            panels=len(panels),
            judging=judging_usage(storyboard, settings_in_force(request.production, self.studio)),
            **(self._work(drawer.trainer, storyboard, request.production) if drawer.by_job else {}),
        )

    def _work(self, trainer: str, storyboard: Storyboard, production: str) -> dict[str, Any]:
        """What a job has to draw, and how. Fields of StoryboardPlanned."""
        rules = self.rules[trainer].drawing_jobs
        training = settings_in_force(production, self.studio).training
        each = len(storyboard.scenes) * storyboard.takes * storyboard.images
        return {
            "pictures": dict.fromkeys(storyboard.arms, each),
            "options": rules.drawing_options(storyboard, training) if rules else {},
        }

    def take_for_job(
        self, asked: PlanStoryboardRequest, plan: StoryboardPlanned
    ) -> tuple[StoryboardBody, Storyboard, tuple[PanelItem, ...]]:
        """The take that a job will draw, as it was planned before its approval.

        What was written is read again and stays as it is: its job may have begun. The first
        storyboard of a training has one take, whichever execution comes to it: no second one is
        paid for when the execution before was stopped.

        Raises:
            SettingsRefused: the file is gone, or does not fit any more.
            Conflict: another take was written at the same moment; the machine tries again.
        """
        request = asked.request
        file, written = self._read(request)
        of_plan = request.model_copy(update={"training_id": plan.training_id})
        storyboard = self._drawers.expanded(written, of_plan)
        panels = self._drawers.panels(storyboard, request.production, plan.trainer)
        body = StoryboardBody(
            name=plan.name,
            file=file,
            take=1,
            training_id=plan.training_id,
            trainer=plan.trainer,
            correlation_id=request.correlation_id,
            title=storyboard.title,
            panels=len(panels),
        )
        dataset = self._dataset(request.production, plan.training_id)
        body = self._take(body, request.production, asked.execution_arn, request.training_id)
        keys = StoryboardKeys(request.production, body.name, body.take)
        try:
            items = read_lines(PanelItem, self.studio.get(keys.plan))
        except NotFound:
            return body, storyboard, self._write(body, request, storyboard, panels, dataset)
        return body, Storyboard.from_stored(self.studio.get(keys.storyboard)), items

    def _deployed(
        self,
        asked: PlanStoryboardRequest,
        named: tuple[str, str],
        storyboard: Storyboard,
        panels: list[tuple[int, PlannedPanel]],
        deployment: DeploymentRow,
    ) -> StoryboardPlanned:
        """Write the take that a deployment draws. `named`: the storyboard and its file."""
        request, (name, file) = asked.request, named
        body = StoryboardBody(
            name=name,
            file=file,
            take=1,
            deployment_id=deployment.id,
            trainer=deployment.body.trainer,
            correlation_id=request.correlation_id,
            title=storyboard.title,
            panels=len(panels),
        )
        body = self._take(body, request.production, asked.execution_arn)
        self._write(body, request, storyboard, panels, None)
        return StoryboardPlanned(
            deployed=True,
            production=request.production,
            name=name,
            trainer=deployment.body.trainer,
            training_id=deployment.body.training_id,
            correlation_id=request.correlation_id,
            storyboard_key=request.storyboard_key,
            storyboard_version=request.storyboard_version,
            deployment_id=deployment.id,
            storyboard_id=f"{name}-{body.take}",
            take=body.take,
            panels=len(panels),
            panels_key=StoryboardKeys(request.production, name, body.take).plan,
        )

    def _write(
        self,
        body: StoryboardBody,
        request: StoryboardRequest,
        storyboard: Storyboard,
        panels: list[tuple[int, PlannedPanel]],
        dataset_id: str | None,
    ) -> tuple[PanelItem, ...]:
        keys = StoryboardKeys(request.production, body.name, body.take)
        items = tuple(
            PanelItem(
                production=request.production,
                name=body.name,
                take=body.take,
                panel=number,
                deployment_id=body.deployment_id,
                dataset_id=dataset_id,
                correlation_id=request.correlation_id,
                seeds_take=take,
                planned=planned,
            )
            for number, (take, planned) in enumerate(panels, 1)
        )
        self.studio.put(keys.storyboard, storyboard.model_dump_json().encode(), "application/json")
        settings = settings_in_force(request.production, self.studio)
        self.studio.put(keys.settings, settings.model_dump_json().encode(), "application/json")
        self.studio.put(keys.plan, write_lines(items), "application/jsonl")
        return items

    def _dataset(self, production: str, training_id: str | None) -> str | None:
        """To compare with: that of the training, else the production's newest; None without one."""
        if training_id is not None:
            return TRAININGS.require(self.registry, production, training_id).body.dataset_id
        rows = DATASETS.list(self.registry, production)
        newest = max(rows, key=lambda row: row.created_at, default=None)
        return newest.id if newest else None

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

    def _take(
        self,
        body: StoryboardBody,
        production: str,
        execution_arn: str,
        first_of: str | None = None,
    ) -> StoryboardBody:
        """The next take; this execution's own take in a repeat.

        Args:
            body: of a new take.
            production: of the storyboard.
            execution_arn: that holds the take.
            first_of: the training whose first storyboard it is, which has one take.

        Raises:
            Conflict: another execution wrote the take at the same moment.
        """
        before = [
            take
            for take in STORYBOARDS.list(self.registry, production)
            if take.body.name == body.name
        ]
        for take in before:
            if take.holder == execution_arn:
                return take.body
        of_training = [take for take in before if first_of and take.body.training_id == first_of]
        if of_training:
            begun = min(of_training, key=lambda take: take.body.take)
            held = begun.with_status(StoryboardStatus.DRAWING).with_holder(execution_arn)
            return STORYBOARDS.replace(self.registry, held, self.clock()).body
        used = [take.body.take for take in before] or [last_take(production, self.registry)]
        number = 1 + max(used)
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

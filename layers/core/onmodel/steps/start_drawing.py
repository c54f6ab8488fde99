"""Start the job that draws a storyboard. Its take is written before, so that no job is unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onmodel.contracts.drawings import REFERENCES, DrawingSpec, WantedPicture, needs_model
from onmodel.contracts.keys import StoryboardKeys
from onmodel.contracts.panels import PanelItem
from onmodel.contracts.rows import StoryboardBody, StoryboardStatus
from onmodel.contracts.storyboards import StartDrawingRequest, Storyboard, StoryboardPlanned
from onmodel.contracts.trainings import PanelLimits
from onmodel.deployments.deletion import why_forbidden
from onmodel.errors import EventRefused, NotFound, TrainingImpossible
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import DrawingJobs, Trainers
from onmodel.registry.kinds import STORYBOARDS, TRAININGS
from onmodel.steps.plan_storyboard import PlanStoryboard
from onmodel.storyboards.planning import panel_seed, picture_id
from onmodel.storyboards.references import CharacterPictures


@dataclass(frozen=True)
class StartDrawing:
    """The services that starting needs."""

    registry: Registry
    uploads: ObjectStore
    studio: ObjectStore
    trainers: Trainers
    clock: Clock

    def start(self, asked: StartDrawingRequest) -> StoryboardPlanned:
        """Write the take and start its job; a repeat of the same take starts no second one.

        Raises:
            EventRefused: stack or production are being deleted, or the plan is not for a job.
            TrainingImpossible: the trainer refuses; the reason is kept with the take.
            SettingsRefused: the storyboard is gone, or does not fit any more.
        """
        plan = asked.storyboard
        trainer = self.trainers[plan.trainer]
        jobs = trainer.drawing_jobs
        if jobs is None:
            raise EventRefused(f"{plan.name} is not drawn by a job")
        planner = PlanStoryboard(
            registry=self.registry,
            uploads=self.uploads,
            studio=self.studio,
            rules=self.trainers,
            clock=self.clock,
        )
        body, storyboard, items = planner.take_for_job(asked, plan)
        identity = f"{body.name}-{body.take}"
        keys = StoryboardKeys(plan.production, body.name, body.take)
        try:
            spec = DrawingSpec.from_stored(self.studio.get(keys.drawing))
        except NotFound:
            spec = self._spec(plan, body, storyboard, items, trainer.limits.panel)
            self.studio.put(keys.drawing, spec.model_dump_json().encode(), "application/json")
        self._begin(plan.production, identity, spec, jobs)
        return plan.model_copy(
            update={
                "storyboard_id": identity,
                "take": body.take,
                "panels_key": keys.plan,
            }
        )

    def _begin(self, production: str, identity: str, spec: DrawingSpec, jobs: DrawingJobs) -> None:
        """Start the job of a take that has none. One that an earlier call began is kept."""
        row = STORYBOARDS.require(self.registry, production, identity)
        if row.body.drawing_ref is not None:
            return
        try:
            why = why_forbidden(self.registry, production, self.clock())
            if why and jobs.find_drawing(production, identity) is None:
                raise EventRefused(f"{why}: nothing is drawn any more")
            ref = jobs.start_drawing(spec)
        except (EventRefused, TrainingImpossible) as fault:
            refused = row.with_status(StoryboardStatus.FAILED).with_fields(reason=str(fault))
            STORYBOARDS.replace(self.registry, refused, self.clock())
            raise
        begun = row.with_fields(drawing_ref=ref, reason=None)
        STORYBOARDS.replace(self.registry, begun, self.clock())

    def _spec(
        self,
        plan: StoryboardPlanned,
        body: StoryboardBody,
        storyboard: Storyboard,
        items: Sequence[PanelItem],
        limits: PanelLimits,
    ) -> DrawingSpec:
        keys = StoryboardKeys(plan.production, body.name, body.take)
        shown = self._shown(keys, plan.production, items)
        return DrawingSpec(
            production=plan.production,
            drawing_id=f"{body.name}-{body.take}",
            folder=f"{keys.take}/",
            **(self._model(plan) if any(map(needs_model, storyboard.arms)) else {}),
            options=plan.options,
            pictures=tuple(
                picture
                for item in items
                for picture in wanted_pictures(item, storyboard, limits, shown)
            ),
        )

    def _model(self, plan: StoryboardPlanned) -> dict[str, Any]:
        """What draws. Fields of DrawingSpec."""
        if plan.training_id is None:
            return {}
        training = TRAININGS.require(self.registry, plan.production, plan.training_id)
        return {
            "model_ref": training.body.model_ref,
            "checkpoint": training.body.checkpoint,
        }

    def _shown(
        self, keys: StoryboardKeys, production: str, items: Sequence[PanelItem]
    ) -> Mapping[str, tuple[str, ...]]:
        """Keys of the pictures of every character that the arm `references` needs."""
        finder = CharacterPictures(self.registry, self.uploads, self.studio)
        wanted = {
            character
            for item in items
            if item.planned.arm == REFERENCES
            for character in item.planned.characters
        }
        dataset = items[0].dataset_id
        return {who: finder.write(keys, who, production, dataset) for who in sorted(wanted)}


def wanted_pictures(
    item: PanelItem,
    storyboard: Storyboard,
    limits: PanelLimits,
    shown: Mapping[str, tuple[str, ...]],
) -> Iterator[WantedPicture]:
    """The pictures of one panel, each with a seed of its own.

    Args:
        item: the panel.
        storyboard: its seeds follow from this.
        limits: of the trainer.
        shown: keys of each character's pictures.
    """
    planned = item.planned
    references: tuple[str, ...] = ()
    if planned.arm == REFERENCES:
        references = tuple(key for who in planned.characters for key in shown.get(who, ()))
    for index in range(planned.request.images):
        seed = (
            planned.request.seed
            if index == 0
            else panel_seed(storyboard, planned.number, limits, take=item.seeds_take, attempt=index)
        )
        yield WantedPicture(
            id=picture_id(item.panel, index),
            arm=planned.arm,
            text=planned.request.text,
            width=planned.request.width,
            height=planned.request.height,
            seed=seed,
            references=references,
        )

"""Check whether a drawing job is over; then write its panels as draw_panel would have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from onmodel.contracts.drawings import DrawingSpec, DrawingState, JobPicture, WantedPicture
from onmodel.contracts.keys import StoryboardKeys
from onmodel.contracts.panels import DrawnPanel, DrawnPicture, PanelItem
from onmodel.contracts.storyboards import CheckDrawingRequest, DrawingChecked
from onmodel.contracts.trainings import TrainingStatus
from onmodel.errors import EventRefused
from onmodel.formats.jsonl import read_lines
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import DrawingJobs, Trainers
from onmodel.registry.kinds import STORYBOARDS, StoryboardRow
from onmodel.storyboards.planning import picture_id

GRACE_AFTER_START = timedelta(minutes=15)
"""A new job may not be found yet; an older one that is not found does not exist any more."""

WITHOUT_REASON = {
    TrainingStatus.COMPLETED: "The job ended without this picture",
    TrainingStatus.FAILED: "The job failed, and the service gives no reason",
    TrainingStatus.STOPPED: "The job was stopped before this picture",
    TrainingStatus.GONE: "The job does not exist at the trainer any more",
}


@dataclass(frozen=True)
class CheckDrawing:
    """The services that checking needs."""

    registry: Registry
    studio: ObjectStore
    trainers: Trainers
    clock: Clock

    def check(self, request: CheckDrawingRequest) -> DrawingChecked:
        """Read the state at the trainer. A job that failed is over too: its panels say why.

        Raises:
            EventRefused: the take was not begun, or is not drawn by a job.
        """
        plan = request.storyboard
        row = STORYBOARDS.require(self.registry, plan.production, plan.storyboard_id or "")
        jobs = self.trainers[row.body.trainer].drawing_jobs
        if jobs is None or row.body.deployment_id is not None:
            raise EventRefused(f"{row.id} is not drawn by a job")
        ref = row.body.drawing_ref or jobs.find_drawing(row.production, row.id)
        if ref is None:
            raise EventRefused(f"The drawing of {row.id} was never begun")
        state = jobs.describe_drawing(ref)
        if not state.status.is_over or self._not_seen_yet(row, state):
            return DrawingChecked(state="drawing")
        self._write(row, state, jobs)
        if row.body.usage != state.usage:
            STORYBOARDS.replace(self.registry, row.with_fields(usage=state.usage), self.clock())
        return DrawingChecked(state="over")

    def _not_seen_yet(self, row: StoryboardRow, state: DrawingState) -> bool:
        return (
            state.status == TrainingStatus.GONE
            and self.clock() - row.created_at < GRACE_AFTER_START
        )

    def _write(self, row: StoryboardRow, state: DrawingState, jobs: DrawingJobs) -> None:
        keys = StoryboardKeys(row.production, row.body.name, row.body.take)
        spec = DrawingSpec.from_stored(self.studio.get(keys.drawing))
        wanted = {picture.id: picture for picture in spec.pictures}
        made = {picture.id: picture for picture in jobs.drawn_pictures(spec)}
        missing = state.reason or WITHOUT_REASON[state.status]
        for item in read_lines(PanelItem, self.studio.get(keys.plan)):
            panel = drawn_panel(item, wanted, made, missing)
            self.studio.put(
                keys.panel(item.panel), panel.model_dump_json().encode(), "application/json"
            )


def drawn_panel(
    item: PanelItem,
    wanted: Mapping[str, WantedPicture],
    made: Mapping[str, JobPicture],
    missing: str,
) -> DrawnPanel:
    """A panel with the pictures that the job has made of it.

    Args:
        item: as planned.
        wanted: the pictures that were asked for, by their ids.
        made: what the job has made, by their ids.
        missing: why a picture is not there.
    """
    ids = [picture_id(item.panel, index) for index in range(item.planned.request.images)]
    found = [made.get(one, JobPicture(id=one, notice=missing)) for one in ids]
    return DrawnPanel(
        planned=item.planned,
        pictures=tuple(
            DrawnPicture(key=one.key, seed=wanted[one.id].seed) for one in found if one.key
        ),
        seeds=tuple(wanted[one].seed for one in ids),
        notices=tuple(dict.fromkeys(one.notice for one in found if one.notice)),
        complete=True,
    )

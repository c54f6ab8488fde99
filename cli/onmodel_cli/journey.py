"""Follows a prepared film to its drawn storyboard, by rows of the Registry only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.rows import (
    ApprovalStatus,
    DatasetStatus,
    DeploymentStage,
    StoryboardStatus,
    TrainingStage,
)
from onmodel.deployments.lifecycle import OVER, number_of
from onmodel.errors import ServiceError, StillRunning
from onmodel.formats.wording import ASKED_ABOUT
from onmodel.overview.dataset_step import DatasetStep, dataset_now
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import (
    APPROVALS,
    DATASETS,
    DEPLOYMENTS,
    GENERATIONS,
    STORYBOARDS,
    TRAININGS,
    ApprovalRow,
    DatasetRow,
    DeploymentRow,
    GenerationRow,
    StoryboardRow,
    TrainingRow,
)

COLLECTING = "collecting films"
WAITING = "waiting for an approval (see the mail)"

STAGES = {
    DatasetStep.QUOTED: "computing the cost of captions and training",
    DatasetStep.WRITTEN: "writing the manifest",
}

LIMIT_SECONDS = 24 * 3600.0
ALIVE_EVERY_SECONDS = 15.0
AFTER_READY_SECONDS = 120.0  # a preflight and a start come between a ready dataset and its training

DREAD = frozenset({TrainingStage.FAILED, TrainingStage.STOPPED, TrainingStage.GONE,
                   TrainingStage.IMPOSSIBLE})  # fmt: skip


@dataclass(frozen=True)
class Place:
    """The progress of a film's generation. `end` says why it does not go on; '' while it does."""

    stage: str
    dataset: DatasetRow | None = None
    training: TrainingRow | None = None
    deployment: DeploymentRow | None = None
    storyboard: StoryboardRow | None = None
    approval: ApprovalRow | None = None
    """The question that it waits for an answer to."""
    end: str = ""

    @property
    def is_drawn(self) -> bool:
        return self.storyboard is not None and self.storyboard.status == StoryboardStatus.DRAWN


@dataclass(frozen=True)
class Journey:
    """Polls the Registry, the same on AWS, where it takes hours."""

    production: str
    run_id: str
    registry: Registry
    studio: ObjectStore
    executions: Executions
    clock: Clock
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    every_seconds: float = 0.5
    after_ready_seconds: float = AFTER_READY_SECONDS

    def watch(self) -> Iterator[Place]:
        """Places until the storyboard is drawn or nothing goes on; the last one is the end.

        Raises:
            StillRunning: it takes longer than a day; it goes on without being followed.
        """
        began = asked = self.monotonic()
        ready_since: float | None = None
        while self.monotonic() - began < LIMIT_SECONDS:
            place = self.look()
            if place.stage == "starting the training":
                ready_since = ready_since or self.monotonic()
                if self.monotonic() - ready_since > self.after_ready_seconds:
                    raise ServiceError("The dataset is ready, but its training did not start")
            yield place
            if place.end or place.is_drawn:
                return
            if place.training is None and self.monotonic() - asked > ALIVE_EVERY_SECONDS:
                asked = self.monotonic()
                self._must_live()
            self.sleep(self.every_seconds)
        raise StillRunning("It takes longer than a day. It goes on; a mail says how it ends")

    def look(self) -> Place:
        """The place now."""
        generation = self._generation()
        if generation is None:
            return Place(COLLECTING)
        body = generation.body
        if body.dataset_id is None:
            end = f"{body.reason}. {body.advice or ''}".strip() if body.reason else ""
            return Place("waiting for more films, then assembling the dataset", end=end)
        dataset = DATASETS.read(self.registry, self.production, body.dataset_id)
        if dataset is None:
            return Place("assembling the dataset")
        return self._after_dataset(dataset)

    def _must_live(self) -> None:
        """Raises ServiceError when TrainModel ended without a reason."""
        generation = self._generation()
        holder = generation.holder if generation else None
        if holder and not self.executions.is_running(holder) and self._is_untold():
            raise ServiceError(
                f"TrainModel ended without a reason ({holder}). It is resumed within a quarter of "
                "an hour; `onmodel status` shows how far it is"
            )

    def _is_untold(self) -> bool:
        """Read again after the execution has ended: it may have ended without an error."""
        place = self.look()
        return not (place.end or place.training or place.stage == "starting the training")

    def _generation(self) -> GenerationRow | None:
        return next(
            (
                row
                for row in GENERATIONS.list(self.registry, self.production)
                if self.run_id in row.body.runs
            ),
            None,
        )

    def _after_dataset(self, dataset: DatasetRow) -> Place:
        body = dataset.body
        if dataset.status == DatasetStatus.REFUSED:
            return Place("refused", dataset, end=f"{body.reason}. {body.advice or ''}".strip())
        trainings = [
            row
            for row in TRAININGS.list(self.registry, self.production)
            if row.body.dataset_id == dataset.id
        ]
        if trainings:
            newest = max(trainings, key=lambda row: row.created_at)
            return self._after_training(dataset, newest)
        if dataset.status == DatasetStatus.READY:
            end = " ".join(body.findings)
            return Place("dataset ready" if end else "starting the training", dataset, end=end)
        return self._unfinished(dataset)

    def _unfinished(self, dataset: DatasetRow) -> Place:
        """Of a dataset that is assembled or captioned."""
        questions = APPROVALS.list(self.registry, self.production)
        step, asked = dataset_now(dataset, questions, self.clock())
        if step is DatasetStep.ASKED:
            return Place(WAITING, dataset, approval=asked)
        if step is DatasetStep.ENDED and asked is not None:
            end = f"the {ASKED_ABOUT[asked.body.purpose]} of {dataset.id} was not approved"
            return Place("not approved", dataset, end=end)
        if step is DatasetStep.CAPTIONED:
            captioned = answered(self.studio, dataset)
            return Place(f"captioning {captioned} of {dataset.body.pictures}", dataset)
        return Place(STAGES[step], dataset)

    def _question(self, subject_id: str) -> ApprovalRow | None:
        """The question about a dataset or a training that waits for an answer."""
        return next(
            (
                approval
                for approval in APPROVALS.list(self.registry, self.production)
                if approval.status == ApprovalStatus.PENDING
                and approval.body.subject_id == subject_id
            ),
            None,
        )

    def _after_training(self, dataset: DatasetRow, training: TrainingRow) -> Place:
        if training.status in DREAD:
            end = training.body.reason or training.status
            return Place("training ended", dataset, training, end=end)
        found = [
            deployment
            for deployment in DEPLOYMENTS.list(self.registry, self.production)
            if deployment.body.training_id == training.id
        ]
        if board := self._drawn_by_job(training):
            reason = board.body.reason if board.status == StoryboardStatus.FAILED else None
            stage = "drawing the storyboard"
            return Place(stage, dataset, training, storyboard=board, end=reason or "")
        if not found:
            asked = self._question(training.id)
            stage = WAITING if asked is not None else "training"
            return Place(stage, dataset, training, approval=asked)
        return self._after_deployment(dataset, training, max(found, key=number_of))

    def _drawn_by_job(self, training: TrainingRow) -> StoryboardRow | None:
        """The first storyboard of a training whose trainer draws without a deployment."""
        boards = [
            row
            for row in STORYBOARDS.list(self.registry, self.production)
            if row.body.training_id == training.id and row.body.deployment_id is None
        ]
        return min(boards, key=lambda row: row.created_at, default=None)

    def _after_deployment(
        self, dataset: DatasetRow, training: TrainingRow, found: DeploymentRow
    ) -> Place:
        boards = [
            row
            for row in STORYBOARDS.list(self.registry, self.production)
            if row.body.deployment_id == found.id
        ]
        board = max(boards, key=lambda row: row.created_at, default=None)
        place = Place("deploying", dataset, training, found, board)
        if board is not None and board.status == StoryboardStatus.FAILED:
            return _ending(place, board.body.reason)
        if board is not None:
            return _at(place, "drawing the storyboard")
        if found.status in OVER or found.status == DeploymentStage.RETIRING:
            return _ending(place, found.body.reason)
        return place


def answered(studio: ObjectStore, dataset: DatasetRow) -> int:
    """The number of pictures of a dataset that have a caption now."""
    keys = DatasetKeys(dataset.production, dataset.id)
    return sum(1 for _ in studio.list(f"{keys.caption_answers}/"))


def _at(place: Place, stage: str) -> Place:
    return Place(stage, place.dataset, place.training, place.deployment, place.storyboard)


def _ending(place: Place, reason: str | None) -> Place:
    return Place(
        place.stage, place.dataset, place.training, place.deployment, place.storyboard,
        end=reason or "it ended without a reason",
    )  # fmt: skip

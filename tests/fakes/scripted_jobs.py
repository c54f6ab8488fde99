"""A trainer whose jobs live by the clock, and end at their longest runtime at the latest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import cv2
import numpy as np
from fakes.faulty import Faulty
from fakes.jobs_trainer import JobsTrainer
from fakes.stack_in_memory import StackInMemory

from onmodel.contracts.drawings import DrawingSpec, DrawingState, JobPicture
from onmodel.contracts.operations import OurResource, ResourceKind
from onmodel.contracts.trainings import TrainingSpec, TrainingState, TrainingStatus
from onmodel.errors import ServiceUnavailable, TrainingImpossible
from onmodel.ports.machines import Clock
from onmodel.ports.storage import ObjectStore

PNG = cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))[1].tobytes()

LONGEST_RUNTIME = timedelta(hours=2)
"""SageMaker ends a job then."""

LONGEST_PENDING = timedelta(hours=1)


@dataclass(frozen=True)
class JobStory:
    """What becomes of each job of one kind, after it began.

    Attributes:
        pending: until it has an instance, from which on it bills.
        runs: until it ends by itself; None: never, so it is ended at its longest runtime.
        ends: its state then.
    """

    pending: timedelta = timedelta(0)
    runs: timedelta | None = timedelta(minutes=30)
    ends: TrainingStatus = TrainingStatus.COMPLETED

    def billed(self, age: timedelta) -> timedelta:
        """What a job of this age has been billed for."""
        if self.pending > LONGEST_PENDING:
            return timedelta(0)
        return max(timedelta(0), min(age - self.pending, self.runs or LONGEST_RUNTIME))

    def status(self, age: timedelta) -> TrainingStatus:
        if self.pending > LONGEST_PENDING:
            is_over = age >= LONGEST_PENDING
            return TrainingStatus.STOPPED if is_over else TrainingStatus.IN_PROGRESS
        if age < self.pending + (self.runs or LONGEST_RUNTIME):
            return TrainingStatus.IN_PROGRESS
        return TrainingStatus.STOPPED if self.runs is None else self.ends


class ScriptedJobs(JobsTrainer):
    """Set `store` before anything is drawn: pictures are written there."""

    store: ObjectStore

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.now = clock
        self.training_story = JobStory(runs=timedelta(hours=1))
        self.drawing_story = JobStory()
        self.begun: dict[str, datetime] = {}
        self.loses_answers = 0
        self.down = False
        self.refuses_start = ""

    def start(self, spec: TrainingSpec) -> str:
        self._must_be_up()
        if self.refuses_start:
            raise TrainingImpossible(self.refuses_start, "Ask for an instance")
        return self._begun(super().start(spec))

    def start_drawing(self, spec: DrawingSpec) -> str:
        self._must_be_up()
        return self._begun(super().start_drawing(spec))

    def describe(self, training_ref: str) -> TrainingState:
        self._must_be_up()
        self._move()
        return super().describe(training_ref)

    def describe_drawing(self, drawing_ref: str) -> DrawingState:
        self._must_be_up()
        self._move()
        return super().describe_drawing(drawing_ref)

    def list_ours(self, *kinds: ResourceKind) -> tuple[OurResource, ...]:
        self._must_be_up()
        self._move()
        return super().list_ours(*kinds)

    # ── what tests ask ──

    def running(self) -> list[str]:
        """Jobs that are not over."""
        self._move()
        states = {**self.trainings, **self.drawings}
        return [ref for ref, state in states.items() if not state.status.is_over]

    def billed(self, kind: str) -> timedelta:
        """Of all jobs whose references begin with `kind`."""
        story = self._story(kind)
        ages = [self.now() - at for ref, at in self.begun.items() if ref.startswith(kind)]
        return sum((story.billed(age) for age in ages), timedelta(0))

    def count(self, kind: str) -> int:
        return sum(ref.startswith(kind) for ref in self.begun)

    def _begun(self, ref: str) -> str:
        if ref not in self.begun:
            self.begun[ref] = self.now()
            if self.loses_answers:
                self.loses_answers -= 1
                raise ServiceUnavailable("the connection broke after the request arrived")
        return ref

    def _must_be_up(self) -> None:
        if self.down:
            raise ServiceUnavailable("nothing answers")

    def _story(self, ref: str) -> JobStory:
        return self.drawing_story if ref.startswith("drawing") else self.training_story

    def _move(self) -> None:
        """Let every job be what it is at this time."""
        for ref, at in self.begun.items():
            status = self._story(ref).status(self.now() - at)
            if ref in self.drawings:
                self._move_drawing(ref, status)
            elif ref in self.trainings:
                self._move_training(ref, status)

    def _move_training(self, ref: str, status: TrainingStatus) -> None:
        if self.trainings[ref].status.is_over or not status.is_over:
            return
        if status == TrainingStatus.COMPLETED:
            self.complete(ref)
        elif status == TrainingStatus.GONE:
            del self.trainings[ref]
        else:
            self.end(ref, status)

    def _move_drawing(self, ref: str, status: TrainingStatus) -> None:
        if self.drawings[ref].status.is_over or not status.is_over:
            return
        if status == TrainingStatus.COMPLETED:
            spec = self.drawing_specs[ref]
            for one in spec.pictures:
                key = f"{spec.folder}made/{one.arm}/{one.id}.png"
                self.store.put(key, PNG, "image/png")
                self.made[one.id] = JobPicture(id=one.id, key=key)
        if status == TrainingStatus.GONE:
            del self.drawings[ref]
        else:
            self.end_drawing(ref, status)


class JobsStack(StackInMemory):
    """The stack, with the trainer of jobs."""

    def __init__(self, faulty: Faulty | None = None) -> None:
        super().__init__(faulty, trainer=ScriptedJobs)
        self.jobs.store = self.world.studio

    @property
    def jobs(self) -> ScriptedJobs:
        trainer = self.world.trainer
        assert isinstance(trainer, ScriptedJobs)
        return trainer

    @property
    def started_at_trainer(self) -> int:
        return len(self.jobs.begun)

    @property
    def billing_at_trainer(self) -> int:
        return len(self.jobs.running())

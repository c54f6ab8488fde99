"""A trainer without deployments: jobs draw with its models. Moved by a test, in memory."""

from __future__ import annotations

from collections.abc import Mapping

from fakes.object_store import InMemoryObjectStore
from fakes.trainer import InMemoryService

from onmodel.contracts.base import Usage
from onmodel.contracts.drawings import Arm, DrawingSpec, DrawingState, JobPicture
from onmodel.contracts.operations import OurResource, ResourceKind
from onmodel.contracts.trainings import Checkpoint, TrainingStatus
from onmodel.errors import TrainingImpossible
from onmodel.ports.machines import Clock
from onmodel.ports.trainer import DrawingJobs
from onmodel.trainers.sagemaker.rules import SageMakerRules

DRAWING_HOURS = (Usage(item="sagemaker.ml.g5.2xlarge-training-hour", paid=0.25),)


class JobsTrainer(InMemoryService, SageMakerRules, DrawingJobs):
    """SageMaker's rules; refs of drawings read `drawing/<name>`."""

    name = "jobs"

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.drawings: dict[str, DrawingState] = {}
        self.drawing_specs: dict[str, DrawingSpec] = {}
        self.made: dict[str, JobPicture] = {}
        self.refuses_drawings = ""
        self.kept: tuple[Checkpoint, ...] = ()
        self.preparations: dict[str, TrainingStatus] = {}

    @property
    def deployer(self) -> None:
        return None

    @property
    def drawing_jobs(self) -> DrawingJobs:
        return self

    def start_drawing(self, spec: DrawingSpec) -> str:
        ref = f"drawing/{spec.production}-{spec.drawing_id}"
        if self.refuses_drawings:
            raise TrainingImpossible(self.refuses_drawings, "Ask for more")
        if self.drawing_specs.setdefault(ref, spec) != spec:
            raise TrainingImpossible(f"{ref} draws something else", "Delete it")
        if ref not in self.drawings:
            self.drawings[ref] = DrawingState(
                drawing_ref=ref,
                status=TrainingStatus.IN_PROGRESS,
                name=ref.removeprefix("drawing/"),
                created_at=self._clock(),
            )
        return ref

    def find_drawing(self, production: str, drawing_id: str) -> str | None:
        ref = f"drawing/{production}-{drawing_id}"
        return ref if ref in self.drawings else None

    def describe_drawing(self, drawing_ref: str) -> DrawingState:
        gone = DrawingState(drawing_ref=drawing_ref, status=TrainingStatus.GONE)
        return self.drawings.get(drawing_ref, gone)

    def stop_drawing(self, drawing_ref: str) -> None:
        if self.describe_drawing(drawing_ref).status == TrainingStatus.IN_PROGRESS:
            self.end_drawing(drawing_ref, TrainingStatus.STOPPING)

    def drawn_pictures(self, spec: DrawingSpec) -> tuple[JobPicture, ...]:
        return tuple(self.made[one.id] for one in spec.pictures if one.id in self.made)

    def _ours(self) -> tuple[OurResource, ...]:
        drawing = (
            OurResource(
                kind=ResourceKind.DRAWING, ref=ref, name=state.name or "", status=state.status,
                billing="work", created_at=state.created_at or self._clock(),
            )
            for ref, state in self.drawings.items()
            if not state.status.is_over
        )  # fmt: skip
        kept = (thing for thing in super()._ours() if thing.kind != ResourceKind.MODEL)
        preparing = (
            OurResource(
                kind=ResourceKind.PREPARATION, ref=ref, name=ref, status=status, billing="work",
                created_at=self._clock(),
            )
            for ref, status in self.preparations.items()
            if not status.is_over
        )  # fmt: skip
        return (*kept, *drawing, *preparing)

    def stop_training(self, training_ref: str) -> None:
        if training_ref in self.preparations:
            self.preparations[training_ref] = TrainingStatus.STOPPING
        else:
            super().stop_training(training_ref)

    # ── what a test does to it ──

    def prepare(self, name: str) -> None:
        """Begin a preparation, `preparation/<name>`, as `onmodel trainer prepare` does."""
        self.preparations[f"preparation/{name}"] = TrainingStatus.IN_PROGRESS

    def complete(self, training_ref: str) -> str:
        """With the checkpoints that a test put into `kept`."""
        model = super().complete(training_ref)
        completed = self.trainings[training_ref].model_copy(update={"checkpoints": self.kept})
        self.trainings[training_ref] = completed
        return model

    def end_drawing(
        self, drawing_ref: str, status: TrainingStatus, reason: str | None = None
    ) -> None:
        usage = DRAWING_HOURS if status.is_over else ()
        self.drawings[drawing_ref] = self.drawings[drawing_ref].model_copy(
            update={"status": status, "reason": reason, "usage": usage, "ended_at": self._clock()}
        )

    def draw(
        self,
        drawing_ref: str,
        store: InMemoryObjectStore,
        png: bytes | Mapping[Arm, bytes],
        *failed: str,
    ) -> None:
        """Make every picture of a drawing but those that fail, and complete the job.

        Args:
            drawing_ref: of the job.
            store: gets the pictures.
            png: of all pictures, or of each arm's.
            failed: ids of pictures.
        """
        spec = self.drawing_specs[drawing_ref]
        for one in spec.pictures:
            key = f"{spec.folder}made/{one.arm}/{one.id}.png"
            if one.id in failed:
                self.made[one.id] = JobPicture(id=one.id, notice="out of memory")
            else:
                body = png if isinstance(png, bytes) else png[one.arm]
                store.put(key, body, "image/png")
                self.made[one.id] = JobPicture(id=one.id, key=key)
        self.end_drawing(drawing_ref, TrainingStatus.COMPLETED)

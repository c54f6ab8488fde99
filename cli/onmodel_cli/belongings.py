"""What a production has in the buckets, at the trainers' services and in the Registry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.human_loops import HUMAN_LOOPS_FOLDER, HumanLoopStatus
from onmodel.contracts.keys import MAIN_PRODUCTION, accepted_settings_key, face_collections
from onmodel.contracts.rows import ApprovalStatus, DatasetStatus, Kind, TrainingStage
from onmodel.contracts.stack_rows import DeletedPart
from onmodel.contracts.trainings import TrainingStatus
from onmodel.deployments.lifecycle import OVER
from onmodel.films.folders import ProductionFolders
from onmodel.films.upload_layout import FilmFile, IgnoredUpload, UnknownUpload, classify
from onmodel.formats.wording import when
from onmodel.ports.detectors import Detectors
from onmodel.ports.faces import FaceCollections
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Record, Registry
from onmodel.ports.storage import ObjectVersion, VersionedStore
from onmodel.ports.trainer import Trainers
from onmodel.registry.kinds import (
    APPROVALS,
    DATASETS,
    DEPLOYMENTS,
    HUMAN_LOOPS,
    RUNS,
    STORYBOARDS,
    TRAININGS,
    TrainingRow,
)

OF_THE_STACK = frozenset({Kind.STACK, Kind.PLACES, Kind.DETECTOR, Kind.ROUND})
"""Kinds of rows that the partition of production main has for the whole stack."""

ROOT_FOLDERS = frozenset({"films", "characters", "storyboards"})
"""Of production main, at the root of the uploads bucket."""

STUDIO_FOLDERS = ("films", "datasets", "review", "trainings", "storyboards")
"""Of a production in the studio bucket; `trainers/` there is the stack's own."""

STOP_TRAINING = {
    "bedrock": "aws bedrock stop-model-customization-job --job-identifier {ref}",
    "sagemaker": "aws sagemaker stop-training-job --training-job-name {name}",
}
"""The command that stops a job of each trainer."""

LONGEST_FUNCTION = timedelta(minutes=15)
"""Lambda ends every function after this time."""

RUNNING_TRAININGS = frozenset({TrainingStage.STARTING, TrainingStage.IN_PROGRESS})
RUNNING_JOBS = frozenset({TrainingStatus.IN_PROGRESS, TrainingStatus.STOPPING})


@dataclass(frozen=True)
class Belongings:
    """The services that know what a production has."""

    uploads: VersionedStore
    studio: VersionedStore
    registry: Registry
    trainers: Trainers
    executions: Executions
    faces: FaceCollections
    detectors: Detectors
    stack: str
    machine_arns: tuple[str, ...]
    clock: Clock

    def uploaded(self, production: ProductionFolders) -> Iterator[ObjectVersion]:
        """All versions in the production's folders of the uploads bucket."""
        for folder in production.folders:
            prefix = f"{folder}/" if folder else ""
            for version in self.uploads.versions(prefix):
                if _is_in(folder, version.key):
                    yield version

    def made(self, production: str) -> Iterator[ObjectVersion]:
        """All versions of what was made for the production, in the studio bucket."""
        for folder in STUDIO_FOLDERS:
            yield from self.studio.versions(f"{production}/{folder}/")
        yield from self.studio.versions(accepted_settings_key(production))
        loops = {row.id for row in HUMAN_LOOPS.list(self.registry, production)}
        if loops:
            for version in self.studio.versions(HUMAN_LOOPS_FOLDER):
                if loops & set(version.key.split("/")):
                    yield version

    def models(self, production: str) -> list[TrainingRow]:
        """Trainings whose model exists."""
        return [
            row
            for row in TRAININGS.list(self.registry, production)
            if row.body.model_ref and row.status != TrainingStage.GONE
        ]

    def face_collections(self, production: str) -> tuple[str, ...]:
        """Rekognition's collections with the faces of the production's references."""
        return self.faces.ids(face_collections(self.stack, production))

    def rows(self, production: str) -> Iterator[Record]:
        """All rows but tombstones and the stack's own; that of the production itself is last."""
        kinds = [kind for kind in Kind if kind not in {*OF_THE_STACK, Kind.TOMBSTONE}]
        for kind in sorted(kinds, key=lambda kind: kind == Kind.PRODUCTION):
            yield from self.registry.list(production, kind)

    def parts(self, production: ProductionFolders) -> tuple[DeletedPart, ...]:
        """Numbers and sizes, with all versions; kinds of which there is nothing are left out."""
        numbers: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        for version in self.uploaded(production):
            name = _kind_of_upload(version.key)
            numbers[name] += 1
            sizes[name] += version.size
        for version in self.made(production.id):
            name = _kind_of_result(version.key.removeprefix(f"{production.id}/"))
            numbers[name] += 1
            sizes[name] += version.size
        numbers["models"] = len(self.models(production.id))
        numbers["face collections"] = len(self.face_collections(production.id))
        numbers["rows"] = sum(1 for _ in self.rows(production.id))
        return tuple(
            DeletedPart(name=name, number=number, size_bytes=sizes[name])
            for name, number in numbers.items()
            if number
        )

    def obstacles(self, production: str) -> list[str]:
        """What runs or bills, each with the command that stops it."""
        deployed = [
            f"{row.id} is deployed: `onmodel retire -p {production} --deployment {row.id}`"
            for row in DEPLOYMENTS.list(self.registry, production)
            if row.status not in OVER
        ]
        return [*deployed, *self._trainings(production), *self._drawings(production),
                *self._human_loops(production), *self._executions(production),
                *self._just_ended(production)]  # fmt: skip

    def _trainings(self, production: str) -> Iterator[str]:
        for row in TRAININGS.list(self.registry, production):
            if row.status in RUNNING_TRAININGS:
                ref = row.body.job_ref
                yield (
                    f"{row.id} is being trained: `{_stop(row.body.trainer, ref)}`"
                    if ref
                    else f"{row.id} is being started: try again in a quarter of an hour"
                )

    def _drawings(self, production: str) -> Iterator[str]:
        """Jobs may go on after the execution that waited for them was stopped."""
        for row in STORYBOARDS.list(self.registry, production):
            ref, jobs = row.body.drawing_ref, self.trainers[row.body.trainer].drawing_jobs
            if ref and jobs is not None and jobs.describe_drawing(ref).status in RUNNING_JOBS:
                yield f"{row.id} is being drawn: `{_stop(row.body.trainer, ref)}`"

    def _human_loops(self, production: str) -> Iterator[str]:
        rows = HUMAN_LOOPS.list(self.registry, production)
        number = sum(row.status is HumanLoopStatus.STARTED for row in rows)
        if number:
            yield (
                f"{number:,} human loops of Amazon A2I are open: they are stopped within half an"
                " hour after their execution was"
            )

    def _executions(self, production: str) -> Iterator[str]:
        known = {
            *(record.holder for record in self.rows(production)),
            *(row.body.execution_arn for row in RUNS.list(self.registry, production)),
            *(row.body.execution_arn for row in APPROVALS.list(self.registry, production)),
            *(row.body.planned_by for row in DEPLOYMENTS.list(self.registry, production)),
        }
        waiting = {
            row.body.execution_arn
            for row in APPROVALS.list(self.registry, production)
            if row.status is ApprovalStatus.PENDING
        }
        for arn in sorted(one for one in known if one):
            if self.executions.is_running(arn):
                machine, name = arn.split(":")[-2:]
                command = f"`aws stepfunctions stop-execution --execution-arn {arn}`"
                yield (
                    f"{machine} waits for your answer about {name}: decline on the page of its"
                    f" mail, or {command}"
                    if arn in waiting
                    else f"{machine} works on {name}: {command}"
                )

    def _just_ended(self, production: str) -> Iterator[str]:
        """Lambda ends no function with its execution, nor the others of a map when one fails.

        They go on, pay and write. A film or a dataset may be refused by one function of a map; its
        execution then counts as successful, so the row says it.
        """
        since = self.clock() - LONGEST_FUNCTION
        for machine_arn in self.machine_arns:
            for ended in self.executions.unsuccessful(machine_arn, since):
                asked = [each for each in ended.payload.values() if isinstance(each, dict)]
                if production in {each.get("production") for each in asked}:
                    machine, name = ended.arn.split(":")[-2:]
                    yield _works_on(f"{machine} of {name} was stopped or failed", ended.ended_at)
        for run in RUNS.list(self.registry, production):
            if run.status is RunStatus.REFUSED and run.updated_at >= since:
                yield _works_on(f"The film {run.body.run.title} was refused", run.updated_at)
        for dataset in DATASETS.list(self.registry, production):
            if dataset.status is DatasetStatus.REFUSED and dataset.updated_at >= since:
                yield _works_on(f"The dataset {dataset.id} was refused", dataset.updated_at)


def _works_on(ended: str, at: datetime) -> str:
    return f"{ended}, and functions may work on it until {when(at + LONGEST_FUNCTION)}"


def _stop(trainer: str, ref: str) -> str:
    return STOP_TRAINING[trainer].format(ref=ref, name=ref.rpartition("/")[2])


def _is_in(folder: str, key: str) -> bool:
    """Whether a key is in a production's folder; '' is the root, which has all other folders."""
    upload = classify(key)
    if not isinstance(upload, IgnoredUpload | UnknownUpload):
        return upload.folder == folder
    first, slash, _ = key.partition("/")
    if folder:
        return first == folder and folder not in ROOT_FOLDERS
    return bool(slash) and first in ROOT_FOLDERS


def _kind_of_upload(key: str) -> str:
    if isinstance(classify(key), FilmFile):
        return "films"
    return "references" if "characters/" in key else "storyboards, settings and other uploads"


def _kind_of_result(key: str) -> str:
    """Of a key below the production's folder in the studio bucket."""
    folder = key.partition("/")[0]
    if folder == "films":
        if key.endswith(".npy"):
            return "vectors"
        return "crops" if "/crops/" in key else "results and reports of films"
    return {
        "datasets": "files of datasets",
        "review": "thumbnails of reviews",
        "human-loops": "answers of human loops",
        "trainings": "files of trainings and adapters",
        "storyboards": "files of drawn storyboards",
    }.get(folder, "accepted settings")


def folders_of(production: ProductionFolders) -> str:
    """For people: the folders as typed."""
    return ", ".join(f"{folder}/" if folder else "the root" for folder in production.folders)


def name_of(production: ProductionFolders) -> str:
    """For people, and what has to be typed to delete it."""
    return production.folders[0] or MAIN_PRODUCTION

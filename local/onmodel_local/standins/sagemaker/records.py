"""Training jobs as SageMaker describes them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from onmodel_local.standins.patience import Patience, utc_now
from onmodel_local.standins.service import Tags

# TrainingJobStatus
IN_PROGRESS, COMPLETED, FAILED = "InProgress", "Completed", "Failed"
STOPPING, STOPPED, DELETING = "Stopping", "Stopped", "Deleting"
LIVE = frozenset({IN_PROGRESS, STOPPING})
OVER = frozenset({COMPLETED, FAILED, STOPPED})

# SecondaryStatus, beside those of the same name above
STARTING, PENDING, DOWNLOADING = "Starting", "Pending", "Downloading"
TRAINING, UPLOADING, TIME_OVER = "Training", "Uploading", "MaxRuntimeExceeded"

MESSAGES = {
    STARTING: "Starting the training job",
    PENDING: "Waiting for capacity",
    DOWNLOADING: "Downloading input data",
    TRAINING: "Training job is in progress",
    UPLOADING: "Uploading generated training model",
    STOPPING: "Stopping the training job",
    STOPPED: "Training job stopped",
    TIME_OVER: "Training job runtime exceeded MaxRuntimeInSeconds provided",
    COMPLETED: "Training job completed",
    FAILED: "Training job failed",
}
"""StatusMessage of a transition."""


@dataclass
class Transition:
    """One entry of SecondaryStatusTransitions."""

    status: str
    started: datetime
    message: str
    ended: datetime | None = None


@dataclass(frozen=True)
class Trouble:
    """What a test ordered for one job.

    Attributes:
        how: one of HOW.
        instances: types without capacity; empty means all.
        message: FailureReason of an internal error.
    """

    how: str
    instances: tuple[str, ...] = ()
    message: str = ""


NO_CAPACITY, CHANGED_WEIGHTS, NAN = "no capacity", "changed weights", "nan"
KILLED, INTERNAL_ERROR = "killed", "internal error"
HOW = (NO_CAPACITY, CHANGED_WEIGHTS, NAN, KILLED, INTERNAL_ERROR)


@dataclass
class TrainingJob:
    """One job; changed only with the lock of its ledger. Plain values: snapshots pickle it.

    Attributes:
        quota_type: the instance type whose quota it uses until its instance was found.
        instance_type: on which it runs; None until capacity was found.
        begun: when the instance started, from when it is billed.
        ended: when the instance was given back.
        stop_asked: by StopTrainingJob.
        time_over: a test ended its MaxRuntime.
        kill_asked: a test kills its process.
    """

    arn: str
    request: dict[str, Any]
    tags: Tags
    trouble: Trouble | None = None
    status: str = IN_PROGRESS
    secondary: str = STARTING
    transitions: list[Transition] = field(default_factory=list)
    created: datetime = field(default_factory=utc_now)
    modified: datetime = field(default_factory=utc_now)
    quota_type: str | None = None
    instance_type: str | None = None
    begun: datetime | None = None
    ended: datetime | None = None
    failure: str | None = None
    patience: Patience = field(default_factory=Patience)
    stop_asked: bool = False
    time_over: bool = False
    kill_asked: bool = False

    @property
    def name(self) -> str:
        return str(self.request["TrainingJobName"])

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def output(self) -> str:
        """s3:// folder of the job's output, without a slash at its end."""
        return f"{self.request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{self.name}/output"

    @property
    def is_compressed(self) -> bool:
        return bool(self.request["OutputDataConfig"].get("CompressionType", "GZIP") != "NONE")

    @property
    def artifacts(self) -> str:
        """S3ModelArtifacts; named from the beginning."""
        return f"{self.output}/{'model.tar.gz' if self.is_compressed else 'model/'}"

    @property
    def instance_types(self) -> list[str]:
        """In the order of preference."""
        resources = self.request["ResourceConfig"]
        listed = resources.get("InstancePreferences") or [resources]
        return [str(one["InstanceType"]) for one in listed]

    def at(self, status: str, secondary: str, message: str | None = None) -> None:
        """Enter a state."""
        now = utc_now()
        if self.transitions:
            self.transitions[-1].ended = now
        self.status, self.secondary, self.modified = status, secondary, now
        text = message or MESSAGES.get(secondary, secondary)
        self.transitions.append(Transition(secondary, now, text))
        if status in OVER:
            self.transitions[-1].ended = now


@dataclass
class JobLedger:
    """All jobs, and what tests ordered for future ones."""

    jobs: dict[str, TrainingJob] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    held: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)

    def job(self, name_or_arn: str) -> TrainingJob | None:
        return self.jobs.get(name_or_arn.rsplit("/", 1)[-1])

    def has(self, job: TrainingJob) -> bool:
        """Whether the job exists still; another one may have its name now."""
        return self.jobs.get(job.name) is job

    def used(self, instance_type: str, besides: TrainingJob | None = None) -> int:
        """Instances of a type that jobs hold or wait for now."""
        return sum(
            job.is_live
            and job is not besides
            and (job.instance_type or job.quota_type) == instance_type
            for job in self.jobs.values()
        )

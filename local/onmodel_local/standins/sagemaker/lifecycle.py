"""The states of a job, from Starting to its end, each in its own thread."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.aws_services import AccessRefusedError, AwsServices
from onmodel_local.standins.patience import utc_now
from onmodel_local.standins.sagemaker.container import Container, Programs
from onmodel_local.standins.sagemaker.events import TrainingJobEvents
from onmodel_local.standins.sagemaker.files import JobFiles
from onmodel_local.standins.sagemaker.less_work import give_less_work, make_trouble
from onmodel_local.standins.sagemaker.records import (
    COMPLETED,
    DOWNLOADING,
    FAILED,
    IN_PROGRESS,
    INTERNAL_ERROR,
    KILLED,
    NO_CAPACITY,
    OVER,
    PENDING,
    STOPPED,
    STOPPING,
    TIME_OVER,
    TRAINING,
    UPLOADING,
    JobLedger,
    TrainingJob,
)

logger = logging.getLogger("onmodel.local")

POLL_SECONDS = 0.05
SYNC_SECONDS = 1.0  # SageMaker copies checkpoints to S3 continuously
WEIGHTS = "/trainers/sagemaker/weights/"

_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a"
    " different ML instance type."
)
_INTERNAL = "InternalServerError: We encountered an internal error. Please try again."


class JobEndedError(Exception):
    """Raised inside a job's thread when the job ends early.

    Args:
        status: Failed or Stopped.
        secondary: its SecondaryStatus.
        reason: FailureReason.
    """

    def __init__(self, status: str, secondary: str, reason: str | None = None) -> None:
        super().__init__(reason or secondary)
        self.status, self.secondary, self.reason = status, secondary, reason


@dataclass
class Lifecycle:
    """Runs jobs; at most `most_jobs` of the settings have a process at a time."""

    ledger: JobLedger
    settings: SimulationSettings
    aws: AwsServices
    events: TrainingJobEvents
    _running: list[TrainingJob] = field(default_factory=list)

    def begin(self, job: TrainingJob) -> None:
        threading.Thread(target=self._live, args=(job,), daemon=True, name=job.name).start()

    def enter(
        self, job: TrainingJob, status: str, secondary: str, message: str | None = None
    ) -> None:
        """Change a job's state and send its events, unless it is over or deleted."""
        with self.ledger.lock:
            if not self._exists(job):
                return
            if status in OVER:
                job.ended = utc_now() if job.begun else None
                job.failure = message if status == FAILED else None
            job.at(status, secondary, message)
            self.events.tell(job)

    # ── a job's thread ───────────────────────────────────────────────────────────────────────────

    def _live(self, job: TrainingJob) -> None:
        self.events.tell(job)
        container: Container | None = None
        try:
            self._find_instance(job)
            container = Container(Path(tempfile.mkdtemp(prefix="job-")) / "c", self._programs())
            files = JobFiles(self.aws, job.request["RoleArn"])
            self._download(job, container, files)
            code = self._train(job, container, files)
            self._upload(job, container, files, code)
        except JobEndedError as end:
            self.enter(job, end.status, end.secondary, end.reason)
        except AccessRefusedError as fault:
            self.enter(job, FAILED, FAILED, f"ClientError: {fault}"[:1024])
        except Exception:
            logger.exception("simulated job %s", job.name)
            self.enter(job, FAILED, FAILED, _INTERNAL)
        finally:
            if container is not None:
                container.kill()
                logger.info("job %s wrote:\n%s", job.name, container.log_tail())
                container.remove()
                container.root.parent.rmdir()
            with self.ledger.lock:
                if job in self._running:
                    self._running.remove(job)

    def _find_instance(self, job: TrainingJob) -> None:
        """Wait for the start, for capacity, and for a free place of this machine."""
        self._wait(job, self.settings.job_start_seconds)
        trouble = job.trouble
        lacking: tuple[str, ...] = ()
        if trouble and trouble.how == INTERNAL_ERROR:
            raise JobEndedError(FAILED, FAILED, trouble.message or _INTERNAL)
        if trouble and trouble.how == NO_CAPACITY:
            lacking = trouble.instances or tuple(job.instance_types)
        with self.ledger.lock:
            found = next(
                (
                    one
                    for one in job.instance_types
                    if one not in lacking
                    and self.ledger.used(one, job) + 1 <= self.settings.training_quota
                ),
                None,
            )
            job.instance_type = found
        if found is None:
            self.enter(job, IN_PROGRESS, PENDING)
            self._wait(job, self.settings.pending_seconds)
            if self.settings.pending_ends == STOPPED:
                raise JobEndedError(STOPPED, STOPPED)
            raise JobEndedError(FAILED, FAILED, _CAPACITY)
        while not self._takes_place(job):
            self._look(job)
            time.sleep(POLL_SECONDS)

    def _takes_place(self, job: TrainingJob) -> bool:
        with self.ledger.lock:
            if len(self._running) >= self.settings.most_jobs:
                return False
            self._running.append(job)
            job.begun = utc_now()
            return True

    def _download(self, job: TrainingJob, container: Container, files: JobFiles) -> None:
        self.enter(job, IN_PROGRESS, DOWNLOADING)
        request = job.request
        weights = self.settings.weights_folder
        for channel in request.get("InputDataConfig", ()):
            self._look(job)
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            folder = container.data / channel["ChannelName"]
            if weights and WEIGHTS in uri:
                folder.symlink_to(weights, target_is_directory=True)
            else:
                files.download(uri, folder)
        if "CheckpointConfig" in request:
            files.download(request["CheckpointConfig"]["S3Uri"], container.checkpoints)
        if give_less_work(container.data):
            logger.info("job %s runs on the tiny model, with fewer steps", job.name)
        make_trouble(container.data, job.trouble)
        container.write_configuration(request)

    def _train(self, job: TrainingJob, container: Container, files: JobFiles) -> int:
        """Run the program to its end; returns its status."""
        self._look(job)
        self.enter(job, IN_PROGRESS, TRAINING)
        isolated = job.request.get("EnableNetworkIsolation", False)
        credentials = {} if isolated else self.aws.credentials(job.request["RoleArn"])
        container.start(job.request, credentials)
        longest = job.request["StoppingCondition"].get("MaxRuntimeInSeconds", 86_400)
        limit = time.monotonic() + longest
        kill_at: float | None = None
        synced = time.monotonic()
        while (code := container.exit_code()) is None:
            now = time.monotonic()
            if now - synced >= SYNC_SECONDS:
                self._sync(job, container, files)
                synced = now
            if now >= limit:
                job.time_over = True
            if kill_at is None and (job.stop_asked or job.time_over):
                if not job.stop_asked:
                    self.enter(job, STOPPING, STOPPING)
                container.terminate()
                kill_at = now + self.settings.kill_seconds
            gone = not self._exists(job)
            if (kill_at and now >= kill_at) or gone or self._is_to_be_killed(job, container):
                container.kill()
            time.sleep(POLL_SECONDS)
        self._sync(job, container, files)
        if job.patience.held and code == 0:
            self._wait(job, 0)
        return code

    def _is_to_be_killed(self, job: TrainingJob, container: Container) -> bool:
        if job.kill_asked:
            return True
        ordered = job.trouble is not None and job.trouble.how == KILLED
        return ordered and any(container.checkpoints.rglob("*.json"))

    def _sync(self, job: TrainingJob, container: Container, files: JobFiles) -> None:
        if "CheckpointConfig" in job.request:
            files.upload_changes(container.checkpoints, job.request["CheckpointConfig"]["S3Uri"])

    def _upload(self, job: TrainingJob, container: Container, files: JobFiles, code: int) -> None:
        stopped = job.stop_asked or job.time_over
        if not stopped and code != 0:
            raise JobEndedError(FAILED, FAILED, container.failure(code))
        if not stopped:
            self.enter(job, IN_PROGRESS, UPLOADING)
        if job.is_compressed:
            files.upload_archive(container.model, job.artifacts)
        else:
            files.upload_changes(container.model, job.artifacts)
            files.upload_changes(container.output / "data", f"{job.output}/data")
        if job.stop_asked:
            raise JobEndedError(STOPPED, STOPPED)
        if job.time_over:
            raise JobEndedError(STOPPED, TIME_OVER)
        self.enter(job, COMPLETED, COMPLETED)

    # ── waiting ──────────────────────────────────────────────────────────────────────────────────

    def _wait(self, job: TrainingJob, seconds: float) -> None:
        """Raises JobEndedError when the job was stopped or deleted meanwhile."""
        job.patience.wait(seconds, lambda: not job.stop_asked and self._exists(job))
        self._look(job)

    def _look(self, job: TrainingJob) -> None:
        if job.stop_asked or not self._exists(job):
            raise JobEndedError(STOPPED, STOPPED)

    def _exists(self, job: TrainingJob) -> bool:
        return self.ledger.has(job) and job.is_live

    def _programs(self) -> Programs:
        settings = self.settings
        python = settings.trainer_python if settings.training_program == "trainer" else None
        return Programs(python, settings.training_seconds)

"""Model customization jobs: created, run in scaled time, stopped, failed on demand."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.aws_services import AccessRefusedError, AwsServices
from onmodel_local.standins.bedrock.admission import (
    HYPERPARAMETERS,
    check_customization_access,
    check_hyperparameters,
)
from onmodel_local.standins.bedrock.events import CustomizationJobEvents
from onmodel_local.standins.bedrock.foundation import FoundationModels
from onmodel_local.standins.bedrock.manifest import (
    DataRefusedError,
    check_pictures,
    read_manifest,
)
from onmodel_local.standins.bedrock.metrics import losses, metrics_csv
from onmodel_local.standins.bedrock.records import (
    COMPLETED,
    FAILED,
    PHASES,
    RUNNING,
    STOPPED,
    STOPPING,
    CustomModel,
    Job,
    Ledger,
    new_id,
    page,
    selected,
    to_tags,
)
from onmodel_local.standins.errors import ServiceFault
from onmodel_local.standins.patience import utc_now

# what part of the training time each phase takes
_SHARES = dict(zip(PHASES, (0.2, 0.2, 0.6), strict=True))


@dataclass
class JobOrders:
    """What tests set for future jobs."""

    held: bool = False
    failures: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


class SimulatedJobs:
    def __init__(
        self, ledger: Ledger, settings: SimulationSettings, aws: AwsServices,
        foundation: FoundationModels, events: CustomizationJobEvents,
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._settings = settings
        self._aws = aws
        self._foundation = foundation
        self._events = events
        self._tokens: dict[str, str] = {}
        self.orders = JobOrders()

    # ── operations ───────────────────────────────────────────────────────────────────────────────

    async def create(self, request: dict[str, Any]) -> dict[str, Any]:
        token = request.get("clientRequestToken")
        with self._ledger.lock:
            if token in self._tokens:
                return {"jobArn": self._tokens[token]}
        base = self._foundation.trainable(request["baseModelIdentifier"])
        request.setdefault("hyperParameters", {})
        check_hyperparameters(request["hyperParameters"])
        # reading S3 goes through the emulator's own HTTP server, so not on its event loop
        await asyncio.to_thread(check_customization_access, self._aws, request)
        with self._ledger.lock:
            self._check_names(request)
            job = self._record(request, base)
            if token:
                self._tokens[token] = job.arn
        threading.Thread(target=self._live, args=(job,), daemon=True).start()
        return {"jobArn": job.arn}

    def get(self, request: dict[str, Any]) -> dict[str, Any]:
        job = self._found(request["jobIdentifier"])
        answer = {
            "jobArn": job.arn,
            "jobName": job.name,
            "outputModelName": job.request["customModelName"],
            "outputModelArn": job.model_arn,
            "clientRequestToken": job.request.get("clientRequestToken"),
            "roleArn": job.request["roleArn"],
            "status": job.status,
            "statusDetails": job.status_details(),
            "failureMessage": job.failure,
            "creationTime": job.created,
            "lastModifiedTime": job.modified,
            "endTime": job.ended,
            "baseModelArn": job.base_model_arn,
            "hyperParameters": job.request["hyperParameters"],
            "trainingDataConfig": job.request["trainingDataConfig"],
            "validationDataConfig": job.request.get("validationDataConfig", {"validators": []}),
            "outputDataConfig": job.request["outputDataConfig"],
            "customizationType": job.request.get("customizationType", "FINE_TUNING"),
        }
        if job.final_loss is not None:
            answer["trainingMetrics"] = {"trainingLoss": job.final_loss}
        return {name: value for name, value in answer.items() if value is not None}

    def listed(self, request: dict[str, Any]) -> dict[str, Any]:
        found = [(job.name, job.status, job.created, _summary(job)) for job in self._all()]
        return page(selected(found, request), request, "modelCustomizationJobSummaries")

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        job = self._found(request["jobIdentifier"])
        with self._ledger.lock:
            if job.status != RUNNING:
                raise ServiceFault("ConflictException", f"The job is {job.status}, not InProgress")
            job.status, job.modified = STOPPING, utc_now()
        threading.Thread(target=self._stop, args=(job,), daemon=True).start()
        return {}

    # ── controls of tests ─────────────────────────────────────────────────────────────────────────

    def force(self, job: Job, status: str, message: str | None) -> None:
        """Put a job into a state, from any state, and send its event."""
        with self._ledger.lock:
            if status == COMPLETED:
                self._make_model(job)
            else:
                job.status, job.failure, job.modified = status, message, utc_now()
                job.ended = utc_now() if status in (FAILED, STOPPED) else None
        self._events.tell(job)

    # ── creation ─────────────────────────────────────────────────────────────────────────────────

    def _check_names(self, request: dict[str, Any]) -> None:
        if self._ledger.job(request["jobName"]):
            raise ServiceFault("ConflictException", f"The job name {request['jobName']} is taken")
        taken = {job.request["customModelName"] for job in self._all() if job.status == RUNNING}
        name = request["customModelName"]
        if name in taken or self._ledger.model(name):
            raise ServiceFault("ConflictException", f"The model name {name} is taken")

    def _record(self, request: dict[str, Any], base: str) -> Job:
        place = f"arn:aws:bedrock:{self._aws.region}:{self._aws.account}"
        identity = self.orders.ids.pop(0) if self.orders.ids else new_id()
        arn = f"{place}:model-customization-job/{base}/{identity}"
        job = Job(arn, request, self._foundation.arn(base), to_tags(request.get("jobTags")))
        job.patience.held = self.orders.held
        if self.orders.failures:
            job.failure = self.orders.failures.pop(0)
        self._ledger.jobs[arn] = job
        return job

    # ── a job's phases ───────────────────────────────────────────────────────────────────────────

    def _live(self, job: Job) -> None:
        """Run a job in its own thread, phase by phase, until it ends or is stopped."""
        failure, job.failure = job.failure, None
        self._events.tell(job)
        try:
            for phase in PHASES:
                job.at(phase, RUNNING)
                if phase == PHASES[0]:
                    self._validate(job)
                seconds = self._settings.training_seconds * _SHARES[phase]
                if not job.patience.wait(seconds, lambda: job.status == RUNNING):
                    return
                job.at(phase, COMPLETED)
            if failure:
                raise DataRefusedError(failure)
            self._finish(job)
        except (DataRefusedError, AccessRefusedError) as fault:
            self._end(job, FAILED, str(fault))

    def _validate(self, job: Job) -> None:
        role = job.request["roleArn"]
        job.records = read_manifest(
            self._aws.read(role, job.request["trainingDataConfig"]["s3Uri"])
        )
        check_pictures(job.records, lambda uri: self._aws.read(role, uri))

    def _finish(self, job: Job) -> None:
        chosen_values = {name: default for name, (_, _, default) in HYPERPARAMETERS.items()}
        chosen_values |= job.request["hyperParameters"]
        steps, batch = int(chosen_values["stepCount"]), int(chosen_values["batchSize"])
        points = losses(job.name, steps, float(chosen_values["learningRate"]))
        job.final_loss = points[-1][1]
        folder = job.request["outputDataConfig"]["s3Uri"].rstrip("/")
        identity = job.arn.rsplit("/", 1)[-1]
        place = f"{folder}/model-customization-job-{identity}/training_artifacts"
        body = metrics_csv(points, batch, len(job.records))
        role = job.request["roleArn"]
        self._aws.write(role, f"{place}/step_wise_training_metrics.csv", body)
        with self._ledger.lock:
            if job.status != RUNNING:
                return
            self._make_model(job)
        self._events.tell(job)

    def _make_model(self, job: Job) -> None:
        if job.model_arn is None:
            base = job.base_model_arn.rsplit("/", 1)[-1]
            place = f"arn:aws:bedrock:{self._aws.region}:{self._aws.account}"
            arn = f"{place}:custom-model/{base}/{new_id()}"
            tags = to_tags(job.request.get("customModelTags"))
            self._ledger.models[arn] = CustomModel(arn, job.request["customModelName"], job, tags)
            job.model_arn = arn
        job.status, job.failure, job.modified, job.ended = COMPLETED, None, utc_now(), utc_now()

    def _stop(self, job: Job) -> None:
        self._events.tell(job)
        if job.patience.wait(self._settings.stopping_seconds, lambda: job.status == STOPPING):
            self._end(job, STOPPED, None)

    def _end(self, job: Job, status: str, message: str | None) -> None:
        with self._ledger.lock:
            if job.status not in (RUNNING, STOPPING):
                return
            for phase, (reached, _) in list(job.phases.items()):
                if reached == RUNNING:
                    job.at(phase, status)
            job.status, job.failure, job.modified, job.ended = status, message, utc_now(), utc_now()
        self._events.tell(job)

    def _all(self) -> list[Job]:
        return list(self._ledger.jobs.values())

    def _found(self, identifier: str) -> Job:
        job = self._ledger.job(identifier)
        if job is None:
            raise ServiceFault(
                "ResourceNotFoundException", f"Could not find the customization job {identifier}"
            )
        return job


def _summary(job: Job) -> dict[str, Any]:
    answer = {
        "jobArn": job.arn,
        "baseModelArn": job.base_model_arn,
        "jobName": job.name,
        "status": job.status,
        "statusDetails": job.status_details(),
        "lastModifiedTime": job.modified,
        "creationTime": job.created,
        "endTime": job.ended,
        "customModelArn": job.model_arn,
        "customModelName": job.request["customModelName"],
        "customizationType": job.request.get("customizationType", "FINE_TUNING"),
    }
    return {name: value for name, value in answer.items() if value is not None}

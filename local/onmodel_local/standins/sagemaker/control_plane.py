"""All of the simulated SageMaker, and its controls for tests."""

from __future__ import annotations

from typing import Any

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.aws_services import AwsServices
from onmodel_local.standins.errors import ControlRefusedError
from onmodel_local.standins.patience import utc_now
from onmodel_local.standins.sagemaker.answers import event_detail
from onmodel_local.standins.sagemaker.events import TrainingJobEvents
from onmodel_local.standins.sagemaker.records import (
    COMPLETED,
    DELETING,
    FAILED,
    HOW,
    IN_PROGRESS,
    OVER,
    STOPPED,
    STOPPING,
    TRAINING,
    JobLedger,
    TrainingJob,
    Trouble,
)
from onmodel_local.standins.sagemaker.training_jobs import TrainingJobs
from onmodel_local.standins.service import Operation

STATES = (IN_PROGRESS, COMPLETED, FAILED, STOPPING, STOPPED, DELETING)


class SageMaker:
    def __init__(self, settings: SimulationSettings, aws: AwsServices) -> None:
        self.ledger = JobLedger()
        self._events = TrainingJobEvents(aws)
        self._jobs = TrainingJobs(self.ledger, settings, aws, self._events)

    def operations(self) -> dict[str, Operation]:
        return self._jobs.operations()

    # ── controls ─────────────────────────────────────────────────────────────────────────────────

    def everything(self, _: dict[str, Any]) -> dict[str, Any]:
        """All jobs, as their events' details."""
        with self.ledger.lock:
            return {"jobs": [event_detail(job) for job in self.ledger.jobs.values()]}

    def billing(self) -> list[dict[str, str]]:
        """Jobs that hold an instance now: billed by the second until they end."""
        with self.ledger.lock:
            return [
                {"name": job.name, "status": job.status, "instance": job.instance_type or ""}
                for job in self.ledger.jobs.values()
                if job.begun and job.is_live
            ]

    def hold(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"held": bool, "name"?}: jobs stay in their present wait; without a name, all."""
        held = bool(order.get("held", True))
        with self.ledger.lock:
            if "name" in order:
                self._named(order).patience.held = held
                return {"held": held, "name": order["name"]}
            self.ledger.held = held
            for job in self.ledger.jobs.values():
                job.patience.held = held
        return {"held": held}

    def step(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"name"}: the present wait of a job is over at once."""
        self._named(order).patience.steps += 1
        return {"stepped": order["name"]}

    def fail_next(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"how", "instances"?, "message"?}: the next job has this trouble."""
        if order.get("how") not in HOW:
            raise ControlRefusedError(f'fail {{"how": one of {", ".join(HOW)}}}')
        trouble = Trouble(
            order["how"], tuple(order.get("instances", ())), str(order.get("message", ""))
        )
        with self.ledger.lock:
            self.ledger.troubles.append(trouble)
        return {"next": trouble.how}

    def kill(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"name"}: the job's process is killed, as by a lack of memory."""
        self._named(order).kill_asked = True
        return {"killed": order["name"]}

    def end_time(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"name"}: the job's MaxRuntime is over."""
        self._named(order).time_over = True
        return {"time_over": order["name"]}

    def set_state(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"name", "status", "secondary"?, "message"?}: any state from any state; events follow."""
        job, status = self._named(order), order.get("status", "")
        if status not in STATES:
            raise ControlRefusedError(f"its states are {', '.join(STATES)}")
        with self.ledger.lock:
            kept = {IN_PROGRESS: TRAINING, DELETING: job.secondary}.get(status, status)
            job.at(status, order.get("secondary", kept), order.get("message"))
            job.failure = order.get("message") if status == FAILED else None
            if status in OVER:
                job.ended = utc_now()
        self._events.tell(job)
        return {"name": job.name, "status": status}

    def deliver(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"times": 0|1|2, "delay_seconds"}: how events come from now on."""
        delivery = self._events.delivery
        delivery.times = int(order.get("times", delivery.times))
        delivery.delay_seconds = float(order.get("delay_seconds", delivery.delay_seconds))
        return {"times": delivery.times, "delay_seconds": delivery.delay_seconds}

    def resend(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"name", "overrides"?}: one event of the present state again, with fields changed."""
        job = self._named(order)
        detail: dict[str, Any] = event_detail(job) | order.get("overrides", {})
        self._events.put(job, detail)
        return detail

    def forget(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"name"}: the job is gone, deleted by another person."""
        with self.ledger.lock:
            del self.ledger.jobs[self._named(order).name]
        return {"forgotten": order["name"]}

    def _named(self, order: dict[str, Any]) -> TrainingJob:
        job = self.ledger.job(str(order.get("name", "")))
        if job is None:
            raise ControlRefusedError(f"no training job is called {order.get('name')!r}")
        return job

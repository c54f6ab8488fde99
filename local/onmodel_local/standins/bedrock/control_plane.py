"""The whole control plane, and its controls for tests."""

from __future__ import annotations

import re
from typing import Any

from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.standins.aws_services import AwsServices
from onmodel_local.standins.bedrock.events import CustomizationJobEvents, detail
from onmodel_local.standins.bedrock.foundation import FoundationModels
from onmodel_local.standins.bedrock.jobs import SimulatedJobs
from onmodel_local.standins.bedrock.models import CustomModels, TagsOfAll
from onmodel_local.standins.bedrock.records import Job, Ledger, SimulatedThroughput
from onmodel_local.standins.bedrock.throughput import Throughputs
from onmodel_local.standins.delivery import Delivery
from onmodel_local.standins.errors import ControlRefusedError
from onmodel_local.standins.service import Operation

JOB_STATES = ("InProgress", "Completed", "Failed", "Stopping", "Stopped")
THROUGHPUT_STATES = ("Creating", "InService", "Updating", "Failed")
# AWS's price list of 2026-09-01, us-east-1, no commitment
UNIT_HOUR_USD = 60.50
MODEL_MONTH_USD = 1.95


class ControlPlane:
    def __init__(self, settings: SimulationSettings, aws: AwsServices) -> None:
        self.ledger = Ledger()
        self.delivery = Delivery()
        self._events = CustomizationJobEvents(aws, self.delivery)
        self.foundation = FoundationModels(settings, aws.region)
        self._jobs = SimulatedJobs(self.ledger, settings, aws, self.foundation, self._events)
        self._models = CustomModels(self.ledger, aws.account)
        self._tags = TagsOfAll(self.ledger)
        self._throughputs = Throughputs(self.ledger, settings, aws, self.foundation)

    def operations(self) -> dict[str, Operation]:
        return {
            "GetFoundationModel": self.foundation.get,
            "ListFoundationModels": self.foundation.listed,
            "CreateModelCustomizationJob": self._jobs.create,
            "GetModelCustomizationJob": self._jobs.get,
            "ListModelCustomizationJobs": self._jobs.listed,
            "StopModelCustomizationJob": self._jobs.stop,
            "GetCustomModel": self._models.get,
            "ListCustomModels": self._models.listed,
            "DeleteCustomModel": self._models.delete,
            "CreateProvisionedModelThroughput": self._throughputs.create,
            "GetProvisionedModelThroughput": self._throughputs.get,
            "ListProvisionedModelThroughputs": self._throughputs.listed,
            "UpdateProvisionedModelThroughput": self._throughputs.update,
            "DeleteProvisionedModelThroughput": self._throughputs.delete,
            "TagResource": self._tags.tag,
            "UntagResource": self._tags.untag,
            "ListTagsForResource": self._tags.listed,
        }

    # ── controls ─────────────────────────────────────────────────────────────────────────────────

    def everything(self, _: dict[str, Any]) -> dict[str, Any]:
        """All jobs (as their events' details), models and throughput."""
        with self.ledger.lock:
            return {
                "jobs": [detail(job) for job in self.ledger.jobs.values()],
                "models": [
                    {"name": model.name, "arn": model.arn, "tags": model.tags}
                    for model in self.ledger.models.values()
                ],
                "throughput": [_told(item) for item in self.ledger.throughputs.values()],
            }

    def billing(self, _: dict[str, Any]) -> dict[str, Any]:
        """What costs money now. Throughput bills whatever its status."""
        with self.ledger.lock:
            units = [_told(item) for item in self.ledger.throughputs.values()]
            training = [job.name for job in self.ledger.jobs.values() if _works(job)]
            models = [model.name for model in self.ledger.models.values()]
        hourly = sum(item["units"] for item in units) * UNIT_HOUR_USD
        return {
            "throughput": units,
            "usd_per_hour": hourly,
            "training": training,
            "models": models,
            "usd_per_month": len(models) * MODEL_MONTH_USD,
            "nothing_by_the_hour": not units and not training,
        }

    def hold(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"what": "jobs"|"throughput", "held": bool, "name"?}: stop or release time.

        Without a name: of all present and future ones.
        """
        held = bool(order.get("held", True))
        if name := order.get("name"):
            self._named(name).patience.held = held
            return {"held": held, "name": name}
        records: list[Job] | list[SimulatedThroughput]
        if order.get("what") == "jobs":
            self._jobs.orders.held = held
            records = list(self.ledger.jobs.values())
        elif order.get("what") == "throughput":
            self._throughputs.orders.held = held
            records = list(self.ledger.throughputs.values())
        else:
            raise ControlRefusedError('hold {"what": "jobs"} or {"what": "throughput"}')
        for record in records:
            record.patience.held = held
        return {"held": held, "what": order["what"]}

    def step(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"name"}: a job's phase, or the throughput's wait, is over at once."""
        self._named(order.get("name", "")).patience.steps += 1
        return {"stepped": order["name"]}

    def set_state(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"name", "status", "message"?}: any state from any state; a job's event follows."""
        found, status = self._named(order.get("name", "")), order.get("status", "")
        states = JOB_STATES if isinstance(found, Job) else THROUGHPUT_STATES
        if status not in states:
            raise ControlRefusedError(f"its states are {', '.join(states)}")
        if isinstance(found, Job):
            self._jobs.force(found, status, order.get("message"))
        else:
            self._throughputs.force(found, status, order.get("message"))
        return {"name": order["name"], "status": status}

    def fail_next(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"what": "jobs"|"throughput", "message"}: the next one fails with this message."""
        failures = {
            "jobs": self._jobs.orders.failures,
            "throughput": self._throughputs.orders.failures,
        }
        if order.get("what") not in failures:
            raise ControlRefusedError('fail {"what": "jobs"} or {"what": "throughput"}')
        message = order.get("message") or "Internal error (simulated)"
        failures[order["what"]].append(message)
        return {"doomed": order["what"], "message": message}

    def next_job(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"id": 12 lower-case letters and digits}: the next job's ARN ends in it."""
        identity = str(order.get("id", ""))
        if not re.fullmatch("[a-z0-9]{12}", identity):
            raise ControlRefusedError('next-job {"id": twelve lower-case letters and digits}')
        self._jobs.orders.ids.append(identity)
        return {"id": identity}

    def deliver(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"times": 0|1|2, "delay_seconds"}: how job events come from now on."""
        self.delivery.times = int(order.get("times", self.delivery.times))
        self.delivery.delay_seconds = float(order.get("delay_seconds", self.delivery.delay_seconds))
        return {"times": self.delivery.times, "delay_seconds": self.delivery.delay_seconds}

    def resend(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"name", "overrides"?}: the event of the job's present state, with fields changed."""
        found = self._named(order.get("name", ""))
        if not isinstance(found, Job):
            raise ControlRefusedError("throughput sends no events, on AWS neither")
        answer: dict[str, Any] = detail(found) | order.get("overrides", {})
        self._events.put(found, answer)
        return answer

    def forget(self, order: dict[str, Any]) -> dict[str, Any]:
        """{"name"}: throughput or custom model, deleted by another person."""
        name = order.get("name", "")
        with self.ledger.lock:
            if throughput := self.ledger.throughput(name):
                del self.ledger.throughputs[throughput.arn]
            elif model := self.ledger.model(name):
                del self.ledger.models[model.arn]
            else:
                raise ControlRefusedError(f"neither throughput nor model is called {name!r}")
        return {"forgotten": name}

    def _named(self, name: str) -> Job | SimulatedThroughput:
        found = self.ledger.throughput(name) or self.ledger.job(name)
        if found is None:
            raise ControlRefusedError(f"neither a job nor throughput is called {name!r}")
        return found


def _works(job: Job) -> bool:
    return job.status in ("InProgress", "Stopping")


def _told(item: SimulatedThroughput) -> dict[str, Any]:
    return {
        "name": item.name,
        "arn": item.arn,
        "model": item.model_arn,
        "status": item.status,
        "units": item.units,
        "since": item.created.isoformat(),
        "tags": item.tags,
    }

"""Jobs, custom models and throughput as Bedrock describes them."""

from __future__ import annotations

import secrets
import string
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from onmodel_local.standins.patience import Patience, utc_now
from onmodel_local.standins.service import Tags

RUNNING, COMPLETED, FAILED = "InProgress", "Completed", "Failed"
STOPPING, STOPPED, NOT_STARTED = "Stopping", "Stopped", "NotStarted"
CREATING, IN_SERVICE, UPDATING = "Creating", "InService", "Updating"
PHASES = ("validationDetails", "dataProcessingDetails", "trainingDetails")


def new_id() -> str:
    """Twelve lower-case letters and digits, as in Bedrock's ARNs."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))


@dataclass
class Job:
    arn: str
    request: dict[str, Any]
    base_model_arn: str
    tags: Tags
    status: str = RUNNING
    created: datetime = field(default_factory=utc_now)
    modified: datetime = field(default_factory=utc_now)
    ended: datetime | None = None
    failure: str | None = None
    model_arn: str | None = None
    final_loss: float | None = None
    phases: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    records: list[dict[str, str]] = field(default_factory=list)
    patience: Patience = field(default_factory=Patience)

    @property
    def name(self) -> str:
        return str(self.request["jobName"])

    def at(self, phase: str, status: str) -> None:
        self.phases[phase] = (status, utc_now())
        self.modified = utc_now()

    def status_details(self) -> dict[str, Any]:
        found = {}
        for phase in PHASES:
            status, moment = self.phases.get(phase, (NOT_STARTED, self.created))
            times = {"lastModifiedTime": moment, "creationTime": self.created}
            found[phase] = {"status": status} | (times if status != NOT_STARTED else {})
        return found


@dataclass
class CustomModel:
    arn: str
    name: str
    job: Job
    tags: Tags
    created: datetime = field(default_factory=utc_now)


@dataclass
class SimulatedThroughput:
    arn: str
    name: str
    model_arn: str
    foundation_arn: str
    units: int
    tags: Tags
    commitment: str | None = None
    desired_model_arn: str = ""
    status: str = CREATING
    failure: str | None = None
    created: datetime = field(default_factory=utc_now)
    modified: datetime = field(default_factory=utc_now)
    patience: Patience = field(default_factory=Patience)

    def become(self, status: str, failure: str | None = None) -> None:
        self.status, self.failure, self.modified = status, failure, utc_now()


@dataclass
class Ledger:
    """Everything that exists; change it only with its lock."""

    jobs: dict[str, Job] = field(default_factory=dict)
    models: dict[str, CustomModel] = field(default_factory=dict)
    throughputs: dict[str, SimulatedThroughput] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def job(self, identifier: str) -> Job | None:
        """By ARN or name."""
        return self.jobs.get(identifier) or _named(self.jobs, identifier)

    def model(self, identifier: str) -> CustomModel | None:
        return self.models.get(identifier) or _named(self.models, identifier)

    def throughput(self, identifier: str) -> SimulatedThroughput | None:
        return self.throughputs.get(identifier) or _named(self.throughputs, identifier)

    def tagged(self, arn: str) -> Tags | None:
        found = self.jobs.get(arn) or self.models.get(arn) or self.throughputs.get(arn)
        return found.tags if found else None


def _named(records: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - one of three kinds
    return next((record for record in records.values() if record.name == name), None)


def to_tags(listed: list[dict[str, str]] | None) -> Tags:
    return {tag["key"]: tag["value"] for tag in listed or ()}


def page(
    items: list[dict[str, Any]], request: dict[str, Any], name: str, default: int = 100
) -> dict[str, Any]:
    """One page of a list answer; the token is where the next begins."""
    start = int(request.get("nextToken") or 0)
    size = int(request.get("maxResults") or default)
    answer: dict[str, Any] = {name: items[start : start + size]}
    if start + size < len(items):
        answer["nextToken"] = str(start + size)
    return answer


def selected(
    records: list[tuple[str, str, datetime, dict[str, Any]]], request: dict[str, Any]
) -> list[dict[str, Any]]:
    """Filter (name, status, created, summary) by a list request's filters, newest first."""
    found = []
    for name, status, created, summary in sorted(records, key=lambda r: r[2], reverse=True):
        fits = (
            request.get("nameContains", "") in name
            and request.get("statusEquals", status) == status
            and created >= request.get("creationTimeAfter", created)
            and created <= request.get("creationTimeBefore", created)
        )
        if fits:
            found.append(summary)
    return found if request.get("sortOrder") != "Ascending" else found[::-1]

"""Custom Labels models that films share: who needs one now, and what it costs.

Such a model bills by the hour while it runs, whether it is asked or not. A detector is one of them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from onmodel.contracts.base import Contract, Slug, Usage
from onmodel.contracts.films import RunRequest


class DetectorLease(Contract):
    """A film that needs the model."""

    production: Slug
    run_id: Slug
    execution_arn: str
    until: datetime = Field(description="after it the model does not run for this film any more")
    unit_hours: float = Field(
        default=0.0, ge=0, description="its share of the inference units' hours so far"
    )


class DetectorStage(StrEnum):
    """What onmodel knows of a model."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"


class DetectorBody(Contract):
    """Who needs a model, and what it has cost."""

    model: str = Field(description="ARN of the project's version")
    leases: tuple[DetectorLease, ...] = ()
    is_ours: bool = Field(
        description="onmodel started it; one that ran before is never stopped by onmodel"
    )
    units: int = Field(ge=1, description="inference units that it was started with")
    asked_at: datetime | None = Field(
        default=None, description="when its start was announced; None: not since it stopped"
    )
    started_at: datetime | None = Field(
        default=None, description="when the service took the start; None: nobody knows that it did"
    )
    counted_until: datetime | None = Field(
        default=None, description="the hours up to then are counted; None: it does not bill"
    )
    unit_usd_hour: float | None = Field(
        default=None, description="of one inference unit; None when it has no price"
    )
    stopping_since: datetime | None = None
    other_unit_hours: float = Field(
        default=0.0, ge=0, description="of films that failed, and while no film needed it"
    )

    def lease_of(self, execution_arn: str) -> DetectorLease | None:
        return next((each for each in self.leases if each.execution_arn == execution_arn), None)

    def is_needed(self, now: datetime) -> bool:
        """Whether a film needs it whose time is not over."""
        return any(lease.until > now for lease in self.leases)


class StartDetectorRequest(RunRequest):
    model: str
    execution_arn: str


class DetectorStarted(Contract):
    """Whether the model runs; if not, the machine asks again after the wait."""

    is_running: bool
    wait_seconds: int = Field(gt=0)


class StopDetectorRequest(RunRequest):
    """A film does not need the model any more.

    Attributes:
        why: `time_is_up` comes from the schedule, the others from the film's machine.
    """

    model: str
    execution_arn: str
    why: Literal["sampled", "failed", "time_is_up"]


class DetectorUsage(Contract):
    """What a run's share of the model cost: detector_usage.json."""

    usage: tuple[Usage, ...]

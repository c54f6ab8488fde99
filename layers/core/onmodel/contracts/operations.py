"""Contracts of reconcile, of the deletion guard, and of what exists at a trainer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from onmodel.contracts.base import Consumed, Contract


class ResourceKind(StrEnum):
    TRAINING = "training"
    DRAWING = "drawing"
    PREPARATION = "preparation"
    MODEL = "model"
    DEPLOYMENT = "deployment"


class OurResource(Contract):
    """A job, model or deployment of this stack at the trainer's service, with or without a row."""

    kind: ResourceKind
    ref: str
    name: str
    status: str
    billing: Literal["hour", "month", "work"] = Field(description="how it costs while it exists")
    created_at: datetime


class ReconcileEvent(Consumed):
    """EventBridge's scheduled event; only its id and time are read, and both are checked."""

    id: str = "by-hand"
    source: Literal["aws.events", "aws.scheduler", "onmodel"]

    @property
    def correlation_id(self) -> str:
        return self.id


class Reconciled(Contract):
    """What was corrected; everything is empty when nothing was wrong."""

    deployed: tuple[str, ...] = Field(default=(), description="trainings whose event was missed")
    retired: tuple[str, ...] = Field(default=(), description="deployments that were to end")
    adopted: tuple[str, ...] = Field(
        default=(), description="billing, without a row in the Registry"
    )
    stopped: tuple[str, ...] = Field(
        default=(), description="Custom Labels models that no film needed any more"
    )
    human_loops: tuple[str, ...] = Field(
        default=(), description="of A2I, that were read or stopped"
    )
    reviewed: tuple[str, ...] = Field(
        default=(), description="reviews whose human loops have all ended"
    )
    released: tuple[str, ...] = Field(
        default=(), description="runs whose execution ended without a result"
    )
    models: tuple[str, ...] = Field(
        default=(), description="models that end, of which a mail was sent"
    )
    told: tuple[str, ...] = Field(
        default=(), description="productions whose prepared films were mailed together"
    )
    freed: tuple[str, ...] = Field(
        default=(), description="places for films, held by executions that ended"
    )
    empty: tuple[str, ...] = Field(
        default=(), description="uploads that stayed without content, and were reported"
    )
    collected: tuple[str, ...] = Field(default=(), description="films whose event was lost")
    resumed: tuple[str, ...] = Field(
        default=(), description="generations whose execution ended without a result"
    )
    answered: tuple[str, ...] = Field(
        default=(), description="approvals that were decided and not handed to their execution"
    )
    billed: tuple[str, ...] = Field(
        default=(), description="takes of ended executions, of which a job's cost was written"
    )
    notified: tuple[str, ...] = Field(
        default=(), description="executions that ended without a mail about their outcome"
    )


class DeletionGuardEvent(Consumed):
    """CloudFormation's request to a custom resource."""

    request_type: Literal["Create", "Update", "Delete"] = Field(alias="RequestType")
    response_url: str = Field(
        alias="ResponseURL",
        pattern="^https?://",
        description="signed: not one character may change",
    )
    stack_id: str = Field(alias="StackId")
    request_id: str = Field(alias="RequestId")
    logical_id: str = Field(alias="LogicalResourceId")
    physical_id: str | None = Field(default=None, alias="PhysicalResourceId")

    @property
    def correlation_id(self) -> str:
        return self.request_id

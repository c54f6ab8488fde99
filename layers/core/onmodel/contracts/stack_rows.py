"""Rows of the stack's own state: mails, outcomes, deletions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from onmodel.contracts.base import Contract


class MailStatus(StrEnum):
    """`sending` is written before a mail is published: what cannot be recorded is not published.

    `held`: the next digest tells it.
    """

    HELD = "held"
    SENDING = "sending"
    UNSENT = "unsent"
    SENT = "sent"


class MailBody(Contract):
    """A mail that was published. Id: a hash of production and event."""

    event: str
    subject: str


class OutcomeStatus(StrEnum):
    NOTIFIED = "notified"


class OutcomeBody(Contract):
    """A mail told the outcome of what an execution was asked for. Id: a hash of its ARN."""

    execution_arn: str
    kind: str = Field(description="of the notification")
    reason: str = Field(default="", description="of a failure; '' in rows of before")


class StackStatus(StrEnum):
    """Whether deployments may be made. `deleting` forbids them for 15 minutes at most."""

    ALLOWED = "allowed"
    DELETING = "deleting"
    FORBIDDEN = "forbidden"


class StackBody(Contract):
    """Empty: the row has only its status."""


class RoundStatus(StrEnum):
    COMPLETE = "complete"


class RoundBody(Contract):
    """The last round of reconcile that did everything, or its first. One row for the stack."""

    began_at: datetime


class TombstoneStatus(StrEnum):
    """`deleting` is written before the first thing is deleted; the same command goes on with it."""

    DELETING = "deleting"
    DELETED = "deleted"


class DeletedPart(Contract):
    """One kind of what a production had, with all its object versions."""

    name: str
    number: int = Field(ge=0, description="of object versions, models or rows")
    size_bytes: int = Field(default=0, ge=0)


class TombstoneBody(Contract):
    """When a production was deleted, and what it had. Id: the time at which it was begun."""

    name: str = Field(description="of the production, for people")
    parts: tuple[DeletedPart, ...]
    cache_expires_at: datetime = Field(
        description="until then cached answers may exist, which name no production"
    )
    last_generation: int = Field(ge=0, description="the highest number; a new one counts on")
    last_take: int = Field(ge=0, description="of any storyboard; a new one counts on")
    deleted_at: datetime | None = None

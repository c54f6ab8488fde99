"""The mails that an execution should have sent about its outcome, when it ended without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from pydantic import ValidationError

from onmodel.contracts.base import Contract
from onmodel.contracts.notifications import NotificationRequest, NotifyRequest
from onmodel.contracts.rows import ApprovalStatus
from onmodel.notifications.outcomes import outcome_of
from onmodel.notifications.sending import Mails
from onmodel.observability import logger
from onmodel.ports.machines import EndedExecution
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import ApprovalRow
from onmodel.steps.notify import notify

ENDED = "ExecutionEnded"
"""The error of a mail about an execution that ended and caught none."""


InputT = TypeVar("InputT", bound=Contract)


class AnyAbout(Protocol):
    """What a mail is about: the contract that the execution was started with."""

    @property
    def production(self) -> str: ...
    @property
    def correlation_id(self) -> str: ...


class About(NamedTuple):
    """The same, from a row."""

    production: str
    correlation_id: str


@dataclass(frozen=True)
class OutcomeMails:
    """What sends them, and the studio bucket."""

    mails: Mails
    studio: ObjectStore

    def is_sent(self, ended: EndedExecution, production: str) -> bool:
        """Whether the execution, or a mail of this module, has notified its outcome."""
        registry = self.mails.registry
        return outcome_of(ended.arn, production=production, registry=registry) is not None

    def alarm(self, ended: EndedExecution, about: AnyAbout, what: str, advice: str) -> bool:
        """Send the mail of a request that has no mail of its own.

        Args:
            ended: the execution.
            about: what it was started with.
            what: was not done, a clause.
            advice: one sentence.
        """
        error, cause = ended.error or ENDED, ended.cause
        return self.send(
            ended,
            about,
            "alarm",
            about.production,
            what=what,
            advice=advice,
            error=error,
            cause=cause,
        )

    def send(
        self,
        ended: EndedExecution,
        about: AnyAbout,
        kind: str,
        identity: str,
        **extra: str,
    ) -> bool:
        """Send the mail, and record it as the execution's outcome; True, for who counts them."""
        request = NotificationRequest(
            kind=kind,
            production=about.production,
            id=identity,
            correlation_id=about.correlation_id,
            extra=extra,
        )
        asked = NotifyRequest(notification=request, execution_arn=ended.arn)
        notify(asked, mails=self.mails, studio=self.studio)
        return True


def is_declined(asked: ApprovalRow, ended: EndedExecution) -> bool:
    """Declined, or not answered in time. An answer to an ended execution expires at once."""
    if asked.status == ApprovalStatus.DECLINED:
        return True
    return asked.status != ApprovalStatus.APPROVED and ended.ended_at >= asked.body.expires_at


def input_of(model: type[InputT], ended: EndedExecution, name: str) -> InputT | None:
    """A field of the execution's input; None when a person started it with another input."""
    try:
        return model.model_validate(ended.payload.get(name), extra="ignore")  # of newer code
    except ValidationError as fault:
        logger.warning("%s has an input that is not ours: %s", ended.arn, fault)
        return None

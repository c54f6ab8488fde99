"""Contracts of notifications: what a state machine asks to be sent."""

from __future__ import annotations

from pydantic import Field

from onmodel.contracts.base import Contract, Slug


class MailRequest(Contract):
    """Which mail to send; its facts are read from the Registry and the studio bucket.

    `extra` is for the little that only the asking machine knows, for example a caught error.
    """

    kind: str
    production: Slug
    id: Slug = Field(description="of the run, dataset, training, deployment or storyboard")
    correlation_id: str
    extra: dict[str, str] = Field(default_factory=dict)


class TellRequest(Contract):
    mail: MailRequest

    @property
    def correlation_id(self) -> str:
        return self.mail.correlation_id

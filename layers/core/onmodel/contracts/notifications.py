"""Contracts of notifications: the request to send one."""

from __future__ import annotations

from pydantic import Field

from onmodel.contracts.base import Contract, Slug


class NotificationRequest(Contract):
    """Which notification to send; its facts are read from the Registry and the studio bucket.

    `extra` holds what is stored nowhere else, for example a caught error.
    """

    kind: str
    production: Slug
    id: Slug = Field(description="of the run, dataset, training, deployment or storyboard")
    correlation_id: str
    extra: dict[str, str] = Field(default_factory=dict)


class NotifyRequest(Contract):
    """`execution_arn` is set where the mail is the outcome of what this execution was asked for."""

    notification: NotificationRequest
    execution_arn: str | None = None

    @property
    def correlation_id(self) -> str:
        return self.notification.correlation_id

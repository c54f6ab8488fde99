"""The ports to the account: mail, quotas, secrets, buckets and roles."""

from __future__ import annotations

from typing import Protocol


class Mailbox(Protocol):
    """The topic that e-mail subscribers listen to."""

    def publish(self, subject: str, body: str, mail_id: str, correlation_id: str) -> None:
        """Subject: ASCII, under 100 characters."""
        ...


class Quotas(Protocol):
    def value(self, service: str, quota: str) -> float | None:
        """What the account may use now; None when the quota is unknown here."""
        ...


class Secrets(Protocol):
    def get(self, name: str) -> str:
        """Raises NotFound."""
        ...


class Account(Protocol):
    """What preflight looks up about buckets and roles."""

    def bucket_region(self, bucket: str) -> str | None:
        """None when the bucket does not exist."""
        ...

    def role_trusts(self, role_arn: str, service: str) -> bool | None:
        """Whether a service may assume the role; None when the role does not exist."""
        ...

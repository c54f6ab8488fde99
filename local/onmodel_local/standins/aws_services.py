"""The port of the simulated services to S3, EventBridge and IAM."""

from __future__ import annotations

from typing import Any, Protocol


class AccessRefusedError(Exception):
    """Raised when a role may not read or write an object, or the object is not there."""


class AwsServices(Protocol):
    """S3, EventBridge and IAM, as the simulated services use them."""

    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...

    def keys(self, role_arn: str, uri: str) -> list[str]:
        """Keys that begin with the URI's key, with the role's rights. Raises AccessRefusedError."""
        ...

    def read(self, role_arn: str, uri: str) -> bytes:
        """Read an object with the role's rights. Raises AccessRefusedError."""
        ...

    def write(self, role_arn: str, uri: str, body: bytes) -> None:
        """Write an object with the role's rights. Raises AccessRefusedError."""
        ...

    def write_as_service(self, uri: str, body: bytes) -> None:
        """Write an object for a service whose role nobody made here."""
        ...

    def publish(self, source: str, detail_type: str, resource: str, detail: dict[str, Any]) -> None:
        """Put an event on the default bus, as AWS itself does."""
        ...

    def denial(self, action: str, resource: str, context: dict[str, str]) -> str | None:
        """Why IAM denies the action to the caller of this request; None if it allows it."""
        ...

    def credentials(self, role_arn: str) -> dict[str, str]:
        """Environment variables by which a process is the role at this account's services."""
        ...

    def trust_fault(self, role_arn: str, service: str) -> str | None:
        """Why the service cannot assume the role; None when it can."""
        ...

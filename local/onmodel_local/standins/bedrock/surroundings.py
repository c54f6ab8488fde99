"""What the simulated Bedrock needs of the rest of AWS."""

from __future__ import annotations

from typing import Any, Protocol


class AccessRefusedError(Exception):
    """Raised when a role may not read or write an object, or the object is not there."""


class Surroundings(Protocol):
    """S3, EventBridge and IAM around Bedrock; the emulator's, or a test's."""

    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...

    def read(self, role_arn: str, uri: str) -> bytes:
        """An object with the role's rights. Raises AccessRefusedError."""
        ...

    def write(self, role_arn: str, uri: str, body: bytes) -> None:
        """Raises AccessRefusedError."""
        ...

    def publish(self, source: str, detail_type: str, resource: str, detail: dict[str, Any]) -> None:
        """Put an event on the default bus, as AWS itself does."""
        ...

    def denial(self, action: str, resource: str, context: dict[str, str]) -> str | None:
        """Why the caller of this request may not; None when it may."""
        ...

    def trust_fault(self, role_arn: str, service: str) -> str | None:
        """Why the service cannot assume the role; None when it can."""
        ...

"""The port to human loops: pictures and captions that people of a work team look at."""

from __future__ import annotations

from typing import Protocol

from pydantic import Field

from onmodel.contracts.base import Contract
from onmodel.contracts.human_loops import HumanLoopStatus


class HumanLoopState(Contract):
    """A loop as the service shows it."""

    status: HumanLoopStatus = Field(description="STARTED also while it is being stopped")
    output_uri: str | None = Field(default=None, description="S3 URI, when completed")
    reason: str = Field(default="", description="why it failed, in the service's words")


class HumanLoops(Protocol):
    """Human loops of one flow definition. Raises Throttled, ServiceUnavailable, AccessDenied."""

    def start(self, name: str, content: str) -> None:
        """Start a loop; nothing happens when one of this name exists.

        Args:
            name: at most 63 lower-case letters, digits and hyphens.
            content: JSON that the worker task template shows.

        Raises:
            HumanLoopsImpossible: there is no flow definition, or it refuses loops.
        """
        ...

    def look(self, name: str) -> HumanLoopState | None:
        """None when there is no such loop (any more)."""
        ...

    def stop(self, name: str) -> None:
        """Begin to stop it; no error when it has ended or does not exist."""
        ...

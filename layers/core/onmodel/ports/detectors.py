"""The port to Custom Labels models: versions of a project that are started and stopped."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from onmodel.contracts.base import Contract


class DetectorStatus(StrEnum):
    """What can be done with a model.

    READY: it can be started. FAILED: it did not start, and can be started again. UNUSABLE: it is
    being trained, copied or deleted, or that failed.
    """

    READY = "ready"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FAILED = "failed"
    UNUSABLE = "unusable"


class DetectorState(Contract):
    """A model as the service shows it.

    Attributes:
        status: what can be done with it.
        said: the service's own word for its state, and its message.
        units: inference units that it runs with; None when it does not run.
    """

    status: DetectorStatus
    said: str
    units: int | None = None

    @property
    def bills(self) -> bool:
        """Whether it costs money by the hour, or may do so."""
        return self.status in {
            DetectorStatus.STARTING,
            DetectorStatus.RUNNING,
            DetectorStatus.STOPPING,
        }


class Detectors(Protocol):
    """Rekognition's Custom Labels models. Raises Throttled, ServiceUnavailable, AccessDenied."""

    def look(self, model: str) -> DetectorState | None:
        """None when there is no such model (any more)."""
        ...

    def start(self, model: str, units: int) -> None:
        """Begin to start it, which takes minutes; no error when it starts or runs already.

        Raises:
            NotFound: there is no such model.
            AnswerRefused: the account may not run more models or inference units now.
        """
        ...

    def stop(self, model: str) -> None:
        """Begin to stop it; no error when it does not run or does not exist.

        Raises:
            Conflict: it cannot be stopped now, because it is still starting: try again.
        """
        ...

"""What the steps ask of the world. Adapters answer over AWS, fakes answer in tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field

from onmodel.contracts.base import Contract
from onmodel.settings import EmbeddingSettings

Pixels = npt.NDArray[np.uint8]
"""(height, width, 3) uint8, BGR."""

Vector = npt.NDArray[np.float32]
"""(dimensions,) float32, unit length."""

Clock = Callable[[], datetime]
"""Now, timezone-aware, UTC."""


class ObjectInfo(Contract):
    """What S3 tells of an object without its content."""

    key: str
    size: int
    etag: str
    version_id: str | None = None
    checksum_crc64nvme: str | None = None
    last_modified: datetime | None = None


class ObjectStore(Protocol):
    """One bucket. Raises NotFound, Throttled or ServiceUnavailable."""

    bucket: str

    def head(self, key: str, version_id: str | None = None) -> ObjectInfo: ...
    def get(self, key: str, version_id: str | None = None) -> bytes: ...
    def read(self, key: str, start: int, end: int, version_id: str | None = None) -> bytes:
        """Bytes [start, end)."""
        ...

    def put(self, key: str, body: bytes, content_type: str) -> None: ...
    def list(self, prefix: str) -> Iterator[ObjectInfo]: ...
    def delete_prefix(self, prefix: str) -> int:
        """Delete the current version of everything under a prefix; returns how many."""
        ...

    def presign(self, key: str, seconds: int) -> str: ...


class Record(Contract):
    """A row of the Registry.

    `revision` counts writes: compare-and-swap, so that leases and state changes are decided by
    steps and enforced by a conditional write.
    """

    production: str
    kind: str = Field(pattern="^[a-z]+$")
    id: str
    status: str
    holder: str | None = Field(default=None, description="execution ARN that holds the lease")
    revision: int = 0
    created_at: datetime
    updated_at: datetime
    body: dict[str, Any] = Field(default_factory=dict)


class Registry(Protocol):
    """What is known of films, runs, datasets, trainings, deployments, storyboards, mails."""

    def get(self, production: str, kind: str, id: str) -> Record | None:  # noqa: A002
        """Strongly consistent."""
        ...

    def create(self, record: Record) -> Record:
        """Write revision 1. Raises Conflict when the row exists."""
        ...

    def replace(self, record: Record) -> Record:
        """Write revision + 1 over `record.revision`. Raises Conflict when it moved on."""
        ...

    def delete(self, record: Record) -> None:
        """Delete if still at `record.revision`. Raises Conflict otherwise."""
        ...

    def list(self, production: str, kind: str) -> Iterator[Record]: ...
    def list_all(self, kind: str) -> Iterator[Record]:
        """Over all productions, by index; eventually consistent."""
        ...


CACHE_VALUE_LIMIT_BYTES = 350_000
"""A DynamoDB item has at most 400 KB, its key and names included."""


class Cache(Protocol):
    """Paid answers by content. Values are opaque bytes; ValueError above the limit."""

    def get(self, key: str) -> bytes | None: ...
    def put(self, key: str, value: bytes) -> None: ...


class Instance(Contract):
    """One place where a label was seen; fractions of the picture, 0 to 1."""

    left: float
    top: float
    width: float
    height: float
    confidence: float = Field(ge=0, le=100)


class Label(Contract):
    name: str
    confidence: float = Field(ge=0, le=100)
    instances: tuple[Instance, ...] = ()
    parents: tuple[str, ...] = ()


class LabelDetector(Protocol):
    """Rekognition DetectLabels. Raises Throttled, ServiceUnavailable, AnswerRefused."""

    def detect(self, jpeg: bytes) -> tuple[Label, ...]: ...


class Embedder(Protocol):
    """A picture's vector. Raises Throttled, ServiceUnavailable, AnswerRefused."""

    model: str
    dimensions: int

    def embed(self, jpeg: bytes) -> Vector: ...


EmbedderOf = Callable[[EmbeddingSettings], Embedder]
"""The run's settings choose the model, so the embedder is made inside the step."""


class Executions(Protocol):
    """State machine executions."""

    def start(self, machine_arn: str, name: str, payload: Mapping[str, Any]) -> bool:
        """False when this name was started before: that is success, not failure."""
        ...

    def is_running(self, execution_arn: str) -> bool:
        """False also when the execution is unknown."""
        ...

    def stop_all(self, machine_arn: str, reason: str) -> int:
        """End what runs of a machine, and its children; returns how many. An unknown one has 0."""
        ...


class Mailbox(Protocol):
    """The topic that e-mail subscribers listen to."""

    def publish(self, subject: str, body: str, mail_id: str, correlation_id: str) -> None:
        """Subject: ASCII, under 100 characters."""
        ...

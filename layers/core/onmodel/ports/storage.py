"""The ports to objects and to cached answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from onmodel.contracts.base import Contract


class ObjectInfo(Contract):
    """The metadata of an S3 object."""

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


class ObjectVersion(Contract):
    """One version of an object, or one delete marker, which has no bytes."""

    key: str
    version_id: str
    size: int


class VersionedStore(ObjectStore, Protocol):
    """A bucket whose versions can be deleted for good. No function has the right to do it."""

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        """All versions and delete markers under a prefix."""
        ...

    def delete_versions(self, versions: Iterable[ObjectVersion]) -> int:
        """Delete them for good; returns how many. One that is gone counts as deleted."""
        ...


CACHE_VALUE_LIMIT_BYTES = 350_000
"""A DynamoDB item has at most 400 KB, its key and names included."""


class Cache(Protocol):
    """Stored answers of paid services, by content. Raises ValueError above the limit of bytes."""

    def get(self, key: str) -> bytes | None: ...
    def put(self, key: str, value: bytes) -> None: ...

    def claim(self, key: str, seconds: float) -> bool:
        """Claim to pay for this key's answer; False while another caller's claim lasts."""
        ...

    def release(self, key: str) -> None:
        """End one's own claim, so that the next caller need not wait until it expires."""
        ...

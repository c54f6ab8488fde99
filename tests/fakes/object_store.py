"""A versioned bucket in memory."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from awscrt.checksums import crc64nvme
from fakes.clock import FixedClock

from onmodel.errors import NotFound
from onmodel.ports.machines import Clock
from onmodel.ports.storage import ObjectInfo, ObjectVersion


@dataclass(frozen=True)
class Version:
    id: str
    body: bytes | None  # None is a delete marker
    content_type: str
    written: datetime


class InMemoryObjectStore:
    """Behaves like a versioned S3 bucket: versions, delete markers, ETag, CRC64NVME."""

    def __init__(self, bucket: str = "studio", clock: Clock | None = None) -> None:
        self.bucket = bucket
        self._clock = clock or FixedClock()
        self._versions: dict[str, list[Version]] = {}
        self._writes = 0

    def head(self, key: str, version_id: str | None = None) -> ObjectInfo:
        version = self._find(key, version_id)
        body = version.body or b""
        return ObjectInfo(
            key=key,
            size=len(body),
            etag=hashlib.md5(body).hexdigest(),
            version_id=version.id,
            checksum_crc64nvme=base64.b64encode(crc64nvme(body).to_bytes(8, "big")).decode(),
            last_modified=version.written,
        )

    def get(self, key: str, version_id: str | None = None) -> bytes:
        return self._find(key, version_id).body or b""

    def read(self, key: str, start: int, end: int, version_id: str | None = None) -> bytes:
        return self.get(key, version_id)[start : max(start, end)]

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._append(key, bytes(body), content_type)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        for key in sorted(self._versions, key=str.encode):
            if key.startswith(prefix) and self._versions[key][-1].body is not None:
                info = self.head(key)
                yield info.model_copy(update={"version_id": None, "checksum_crc64nvme": None})

    def delete_prefix(self, prefix: str) -> int:
        keys = [info.key for info in self.list(prefix)]
        for key in keys:
            self._append(key, None, "")
        return len(keys)

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        for key in sorted(self._versions, key=str.encode):
            if key.startswith(prefix):
                for version in self._versions[key]:
                    size = len(version.body or b"")
                    yield ObjectVersion(key=key, version_id=version.id, size=size)

    def delete_versions(self, versions: Iterable[ObjectVersion]) -> int:
        gone = {(one.key, one.version_id) for one in versions}
        for key in {key for key, _ in gone}:
            kept = [one for one in self._versions.pop(key, []) if (key, one.id) not in gone]
            if kept:
                self._versions[key] = kept
        return len(gone)

    def presign(self, key: str, seconds: int) -> str:
        return f"https://{self.bucket}.invalid/{key}?X-Amz-Expires={seconds}"

    def content_type(self, key: str) -> str:
        """The content type that a browser would get; not part of the port."""
        return self._find(key, None).content_type

    def keys(self, prefix: str = "") -> tuple[str, ...]:
        """The keys under a prefix, in order; not part of the port."""
        return tuple(info.key for info in self.list(prefix))

    def _append(self, key: str, body: bytes | None, content_type: str) -> None:
        self._writes += 1
        version = Version(f"v{self._writes}", body, content_type, self._clock())
        self._versions.setdefault(key, []).append(version)

    def _find(self, key: str, version_id: str | None) -> Version:
        versions = self._versions.get(key, [])
        found = [v for v in versions if v.id == version_id] if version_id else versions[-1:]
        if not found or found[0].body is None:
            raise NotFound(f"s3://{self.bucket}/{key} {version_id or ''}".strip())
        return found[0]

"""What only S3 does: pages of keys, bodies that break off, checksums that others chose."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from awscrt.checksums import crc64nvme
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody

from onmodel.adapters import s3
from onmodel.adapters.s3 import BODY_ATTEMPTS, S3ObjectStore
from onmodel.errors import ServiceError, ServiceUnavailable


class BreakingBody(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        raise ReadTimeoutError(endpoint_url="https://s3.invalid")


class FlakyClient:
    """A client whose first bodies break off."""

    def __init__(self, breaks: int) -> None:
        self.left = breaks
        self.calls = 0

    def get_object(self, **_: Any) -> dict[str, Any]:
        self.calls += 1
        if self.left:
            self.left -= 1
            return {"Body": StreamingBody(BreakingBody(), 5)}
        return {"Body": StreamingBody(io.BytesIO(b"whole"), 5)}


class KeepingClient:
    """A client that lists two keys and deletes but one."""

    def get_paginator(self, _: str) -> KeepingClient:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        entry = {"Size": 1, "ETag": '"e"', "LastModified": "2026-11-22T09:00:00Z"}
        return [{"Contents": [{"Key": "a/1", **entry}, {"Key": "a/2", **entry}]}]

    def delete_objects(self, **_: Any) -> dict[str, Any]:
        return {"Errors": [{"Key": "a/2", "Code": "AccessDenied"}]}


def test_get_when_body_breaks_off_then_read_again() -> None:
    client = FlakyClient(breaks=BODY_ATTEMPTS - 1)
    assert S3ObjectStore(client, "bucket").get("key") == b"whole"
    assert client.calls == BODY_ATTEMPTS


def test_get_when_body_always_breaks_off_then_unavailable() -> None:
    client = FlakyClient(breaks=99)
    with pytest.raises(ServiceUnavailable):
        S3ObjectStore(client, "bucket").get("key")
    assert client.calls == BODY_ATTEMPTS


def test_delete_prefix_when_a_key_is_kept_then_error_names_it() -> None:
    with pytest.raises(ServiceError, match=r"did not delete 1 of 2 .*a/2 \(AccessDenied\)"):
        S3ObjectStore(KeepingClient(), "b").delete_prefix("a/")


def test_delete_prefix_when_over_one_batch_then_all_go(
    aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "DELETE_BATCH", 2)
    client = aws("s3")
    client.create_bucket(Bucket="bucket")
    store = S3ObjectStore(client, "bucket")
    for number in range(5):
        store.put(f"a/{number}", b"", "text/plain")
    assert store.delete_prefix("a/") == 5
    assert list(store.list("")) == []


def test_head_when_uploader_sent_crc64nvme_then_told(aws) -> None:
    client = aws("s3")
    client.create_bucket(Bucket="bucket")
    client.put_object(Bucket="bucket", Key="k", Body=b"film", ChecksumAlgorithm="CRC64NVME")
    info = S3ObjectStore(client, "bucket").head("k")
    assert (
        info.checksum_crc64nvme == base64.b64encode(crc64nvme(b"film").to_bytes(8, "big")).decode()
    )


def test_head_when_bucket_is_unversioned_then_no_version(aws) -> None:
    client = aws("s3")
    client.create_bucket(Bucket="bucket")
    client.put_object(Bucket="bucket", Key="k", Body=b"film")
    assert S3ObjectStore(client, "bucket").head("k").version_id is None

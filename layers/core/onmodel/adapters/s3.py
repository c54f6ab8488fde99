"""ObjectStore over S3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from onmodel.adapters.faults import code_of, translated
from onmodel.errors import ServiceError, ServiceUnavailable
from onmodel.ports.storage import ObjectInfo, ObjectVersion

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

BODY_ATTEMPTS = 3  # botocore retries calls, but not a body that ends early
DELETE_BATCH = 1000  # most keys that DeleteObjects takes


class S3ObjectStore:
    """One bucket of S3."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self.bucket = bucket
        self._client = client

    def head(self, key: str, version_id: str | None = None) -> ObjectInfo:
        with translated():
            answer = self._client.head_object(
                **self._address(key, version_id), ChecksumMode="ENABLED"
            )
        return ObjectInfo(
            key=key,
            size=answer["ContentLength"],
            etag=answer["ETag"].strip('"'),
            version_id=_version(answer.get("VersionId")),
            checksum_crc64nvme=answer.get("ChecksumCRC64NVME"),
            last_modified=answer["LastModified"],
        )

    def get(self, key: str, version_id: str | None = None) -> bytes:
        return self._fetch(self._address(key, version_id))

    def read(self, key: str, start: int, end: int, version_id: str | None = None) -> bytes:
        """Bytes [start, end); fewer, or none, where the object is shorter."""
        if end <= start:
            return b""
        address = self._address(key, version_id) | {"Range": f"bytes={start}-{end - 1}"}
        return self._fetch(address)

    def put(self, key: str, body: bytes, content_type: str) -> None:
        with translated():
            self._client.put_object(
                Bucket=self.bucket, Key=key, Body=body, ContentType=content_type
            )

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """In the order of the keys' UTF-8 bytes."""
        pages = self._client.get_paginator("list_objects_v2")
        with translated():
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                for item in page.get("Contents", []):
                    yield ObjectInfo(
                        key=item["Key"],
                        size=item["Size"],
                        etag=item["ETag"].strip('"'),
                        last_modified=item["LastModified"],
                    )

    def delete_prefix(self, prefix: str) -> int:
        keys = (info.key for info in self.list(prefix))
        deleted = 0
        while batch := tuple(islice(keys, DELETE_BATCH)):
            self._delete([{"Key": key} for key in batch])
            deleted += len(batch)
        return deleted

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        """All versions and delete markers; of one key in the order in which S3 lists them."""
        pages = self._client.get_paginator("list_object_versions")
        with translated():
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                for item in page.get("Versions", []):
                    yield ObjectVersion(
                        key=item["Key"], version_id=item["VersionId"], size=item["Size"]
                    )
                for marker in page.get("DeleteMarkers", []):
                    yield ObjectVersion(key=marker["Key"], version_id=marker["VersionId"], size=0)

    def delete_versions(self, versions: Iterable[ObjectVersion]) -> int:
        found = iter(versions)
        deleted = 0
        while batch := tuple(islice(found, DELETE_BATCH)):
            self._delete([{"Key": one.key, "VersionId": one.version_id} for one in batch])
            deleted += len(batch)
        return deleted

    def presign(self, key: str, seconds: int) -> str:
        with translated():
            return self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self.bucket, "Key": key}, ExpiresIn=seconds
            )

    def _delete(self, objects: Sequence[ObjectIdentifierTypeDef]) -> None:
        """At most DELETE_BATCH. Raises ServiceError when S3 refuses one of them."""
        with translated():
            answer = self._client.delete_objects(
                Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True}
            )
        if refused := answer.get("Errors"):
            first = refused[0]
            raise ServiceError(
                f"S3 did not delete {len(refused)} of {len(objects)} objects of {self.bucket}:"
                f" {first.get('Key')} ({first.get('Code')})"
            )

    def _address(self, key: str, version_id: str | None) -> dict[str, Any]:
        version = {"VersionId": version_id} if version_id else {}
        return {"Bucket": self.bucket, "Key": key, **version}

    def _fetch(self, request: Mapping[str, Any]) -> bytes:
        for attempt in range(1, BODY_ATTEMPTS + 1):
            try:
                with translated():
                    return self._body(request)
            except ServiceUnavailable:
                if attempt == BODY_ATTEMPTS:
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _body(self, request: Mapping[str, Any]) -> bytes:
        try:
            answer = self._client.get_object(**request)
        except ClientError as fault:
            if code_of(fault) == "InvalidRange":  # the range begins behind the end
                return b""
            raise
        with answer["Body"] as body:
            return body.read()


def _version(version_id: str | None) -> str | None:
    """S3 gives the version `null` to objects that are older than the bucket's versioning."""
    return None if version_id == "null" else version_id

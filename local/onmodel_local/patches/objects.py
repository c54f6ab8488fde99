"""Patches of S3: version ids in events, checksums of multipart objects, ranges of versions.

Follows ministack's S3 closely: MIT, Copyright (c) 2026 MiniStack Contributors.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import awscrt.checksums
from ministack.services import eventbridge, s3

from onmodel_local.patches.upstream import expect, replace

_event_version: ContextVar[str | None] = ContextVar("event_version", default=None)


def version_ids_in_events() -> None:
    """`detail.object.version-id` of S3 events; upstream leaves it out of EventBridge's events.

    Films are read by VersionId, so that a replaced film is never read in part.
    """

    @replace(s3, "_fire_s3_event", "2ab38cfade76")
    def _(original: Callable[..., None]) -> Callable[..., None]:
        def fire(*rest: Any, **named: Any) -> None:
            token = _event_version.set(named.get("version_id"))
            try:
                original(*rest, **named)
            finally:
                _event_version.reset(token)

        return fire

    @replace(eventbridge, "_dispatch_event", "d1bfe064f602")
    def _(original: Callable[..., None]) -> Callable[..., None]:
        def dispatch(event: dict[str, Any], *rest: Any, **named: Any) -> None:
            version = _event_version.get()
            if version and event.get("Source") == "aws.s3":
                detail = json.loads(event["Detail"])
                detail["object"].setdefault("version-id", version)
                event["Detail"] = json.dumps(detail)
            original(event, *rest, **named)

        return dispatch


def full_object_checksums() -> None:
    """CRC64NVME of a multipart object covers the whole object, as S3 defines it.

    Upstream makes a checksum of checksums, and computes it byte by byte in Python. A film's
    identity is that checksum, so one film must have one value however it was uploaded.
    """
    expect(s3, "_crc64nvme", "1762a2c1bd4e")
    s3._crc64nvme = lambda body: awscrt.checksums.crc64nvme(bytes(body))

    @replace(s3, "_complete_multipart_upload", "9e2d6452dfe1")
    def _(original: Callable[..., Any]) -> Callable[..., Any]:
        def complete(bucket: str, key: str, *rest: Any, **named: Any) -> Any:
            status, headers, body = original(bucket, key, *rest, **named)
            stored = (s3._ensure_bucket(bucket) or {}).get("objects", {}).get(key)
            if status != 200 or not stored or "CRC64NVME" not in (stored.get("checksums") or {}):
                return status, headers, body
            old = stored["checksums"]["CRC64NVME"]
            new = _checksum(s3._read_body(bucket, key, stored))
            stored["checksums"]["CRC64NVME"] = new
            stored["checksum_type"] = "FULL_OBJECT"
            if s3.S3_PERSIST:  # its facts are on disk already, with the checksum of before
                s3._persist_object(bucket, key, stored)
            text = body if isinstance(body, bytes) else body.encode()
            text = text.replace(old.encode(), new.encode()).replace(b"COMPOSITE", b"FULL_OBJECT")
            return status, headers, text

        return complete


def ranges_of_versions() -> None:
    """A range of one version: upstream answers the whole object when a VersionId is named.

    Films are read by ranges of the version that was uploaded.
    """

    @replace(s3, "_get_object", "64ad7071ef0e")
    def _(original: Callable[..., Any]) -> Callable[..., Any]:
        def get(
            bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None
        ) -> Any:
            wanted = headers.get("range", "") if s3._qp(query or {}, "versionId", "") else ""
            if not wanted:
                return original(bucket, key, headers, query)
            # the checksum is that of the whole object: a client would compare the range with it
            plain = {k: v for k, v in headers.items() if k != "x-amz-checksum-mode"}
            status, answered, body = original(bucket, key, plain, query)
            if status != 200:
                return status, answered, body
            span = s3._parse_range(wanted, len(body))
            if span is None:
                refusal = s3._xml_body(s3._range_error_xml(bucket, key))
                return 416, {"Content-Type": "application/xml"}, refusal
            start, end = span
            part = body[start : end + 1]
            span_header = f"bytes {start}-{end}/{len(body)}"
            answered |= {"Content-Length": str(len(part)), "Content-Range": span_header}
            return 206, answered, part

        return get


def _checksum(body: bytes) -> str:
    return base64.b64encode(struct.pack(">Q", awscrt.checksums.crc64nvme(bytes(body)))).decode()


PATCHES = (version_ids_in_events, full_object_checksums, ranges_of_versions)

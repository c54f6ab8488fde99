"""Contracts of what people upload, and of how route_upload answers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from onmodel.contracts.base import Consumed, Contract


class UploadedBucket(Consumed):
    name: str


class UploadedObject(Consumed):
    key: str = Field(min_length=1, max_length=1024)
    size: int | None = Field(default=None, ge=0, description="bytes; not told of a deleted object")
    etag: str = ""
    version_id: str | None = Field(default=None, alias="version-id")


class UploadDetail(Consumed):
    bucket: UploadedBucket
    object: UploadedObject


class UploadEvent(Consumed):
    """EventBridge's "Object Created" or "Object Deleted" of the uploads bucket."""

    id: str
    source: Literal["aws.s3"]
    detail_type: Literal["Object Created", "Object Deleted"] = Field(alias="detail-type")
    detail: UploadDetail

    @property
    def correlation_id(self) -> str:
        return self.id

    @property
    def is_deletion(self) -> bool:
        return self.detail_type == "Object Deleted"


class RouteAnswer(Contract):
    """What was done with an upload."""

    outcome: Literal[
        "started",
        "already_running",
        "already_prepared",
        "recorded",
        "accepted",
        "ignored",
        "notified",
    ]
    detail: str = ""

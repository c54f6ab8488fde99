"""Contracts of what people upload, and of how route_upload answers."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field, model_validator

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


class _Message(Consumed):
    body: str


class _Delivery(Consumed):
    """What SQS calls a function with whose batches are of one message."""

    records: tuple[_Message] = Field(alias="Records")


class UploadEvent(Consumed):
    """EventBridge's "Object Created" or "Object Deleted" of the uploads bucket.

    Also as the queue UploadRetries delivers it, by itself: a function's destination keeps the event
    beside what the function answered, a rule's dead letters keep it alone.
    """

    id: str
    source: Literal["aws.s3"]
    detail_type: Literal["Object Created", "Object Deleted"] = Field(alias="detail-type")
    detail: UploadDetail

    @model_validator(mode="before")
    @classmethod
    def _of_the_queue(cls, event: Any) -> Any:  # noqa: ANN401 - whatever Lambda is called with
        if not isinstance(event, dict) or "Records" not in event:
            return event
        kept = json.loads(_Delivery.model_validate(event).records[0].body)
        return kept.get("requestPayload", kept) if isinstance(kept, dict) else kept

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

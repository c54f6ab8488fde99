"""What each function of PrepareFilm is called with, and what it answers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from onmodel.contracts.base import Contract, Slug
from onmodel.contracts.film import Chunk, Run


class Consumed(BaseModel):
    """A part of an AWS event: the fields that are read; others may come and go."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class UploadedBucket(Consumed):
    name: str


class UploadedObject(Consumed):
    key: str = Field(min_length=1, max_length=1024)
    size: int = Field(ge=0)
    etag: str
    version_id: str | None = Field(default=None, alias="version-id")


class UploadDetail(Consumed):
    bucket: UploadedBucket
    object: UploadedObject


class UploadEvent(Consumed):
    """EventBridge's "Object Created" of the uploads bucket."""

    id: str
    source: Literal["aws.s3"]
    detail_type: Literal["Object Created"] = Field(alias="detail-type")
    detail: UploadDetail

    @property
    def correlation_id(self) -> str:
        return self.id


class RunRequest(Contract):
    run: Run

    @property
    def correlation_id(self) -> str:
        return self.run.correlation_id


class ClaimRunRequest(RunRequest):
    execution_arn: str


class SampleChunkRequest(RunRequest):
    chunk: Chunk


class StateError(Contract):
    """What a Catch of Step Functions hands on."""

    Error: str
    Cause: str = ""


class RefuseFilmRequest(RunRequest):
    execution_arn: str
    error: StateError


class FilmProbed(Contract):
    chunks_key: str


class Refusal(Contract):
    status: Literal["refused", "failed"]


class RouteAnswer(Contract):
    """What became of an upload."""

    outcome: Literal[
        "started", "already_running", "already_prepared", "recorded", "accepted", "ignored", "told"
    ]
    detail: str = ""


class MailRequest(Contract):
    """Which mail to send; its facts are read from the Registry and the studio bucket.

    `extra` is for the little that only the asking machine knows, for example a caught error.
    """

    kind: str
    production: Slug
    id: Slug = Field(description="of the run, dataset, training, deployment or storyboard")
    correlation_id: str
    extra: dict[str, str] = Field(default_factory=dict)


class TellRequest(Contract):
    mail: MailRequest

    @property
    def correlation_id(self) -> str:
        return self.mail.correlation_id

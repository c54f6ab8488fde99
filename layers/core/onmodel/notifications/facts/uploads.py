"""Facts about uploads other than films: with an unknown key, or refused.

They have no rows in the Registry: `extra` holds bucket, key and etag of the upload, and reason and
advice of a refusal.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from onmodel.contracts.notifications import NotificationRequest
from onmodel.notifications.facts.base import Facts, Notification, Sources


class UploadUnknownFacts(Facts):
    """A file whose key is of no known kind of upload."""

    kind: ClassVar[str] = "upload_unknown"

    bucket: str
    key: str
    what: str = Field("", description='what it is by its name, as it follows "it is"; or empty')
    advice: str = Field("", description="a sentence on what to do with it, if its kind is known")


class UploadEmptyFacts(Facts):
    """A file without content."""

    kind: ClassVar[str] = "upload_empty"

    bucket: str
    key: str
    name: str = Field(description="last segment of the key")


class UploadRefusedFacts(Facts):
    """A file that was uploaded to a production while that is being deleted."""

    kind: ClassVar[str] = "upload_refused"

    bucket: str
    key: str
    name: str = Field(description="last segment of the key")
    deleted: str = Field(description="the name of the production that is being deleted")


class SettingsRefusedFacts(Facts):
    """A settings.yaml that cannot be used; the last accepted one stays in force."""

    kind: ClassVar[str] = "settings_refused"

    key: str
    reason: str
    advice: str


class UploadNoticedFacts(Facts):
    """A file in YAML that is used, and may not say what its writer meant."""

    kind: ClassVar[str] = "upload_noticed"

    key: str
    name: str = Field(description="last segment of the key")
    notices: str = Field(description="separated by '; '")


class ReferenceRefusedFacts(Facts):
    """A reference picture that cannot be used."""

    kind: ClassVar[str] = "reference_refused"

    key: str
    reason: str
    advice: str


def upload_unknown(request: NotificationRequest, _sources: Sources) -> Notification:
    return Notification(_facts(UploadUnknownFacts, request), upload_event(request))


def upload_empty(request: NotificationRequest, _sources: Sources) -> Notification:
    return Notification(_facts(UploadEmptyFacts, request), upload_event(request))


def upload_refused(request: NotificationRequest, _sources: Sources) -> Notification:
    """The same content may be refused again, by a later deletion: one mail for each upload."""
    event = f"refused:{request.extra['key']}:{request.correlation_id}"
    return Notification(_facts(UploadRefusedFacts, request), event)


def settings_refused(request: NotificationRequest, _sources: Sources) -> Notification:
    return Notification(_facts(SettingsRefusedFacts, request), upload_event(request))


def upload_noticed(request: NotificationRequest, _sources: Sources) -> Notification:
    return Notification(_facts(UploadNoticedFacts, request), f"noticed:{upload_event(request)}")


def reference_refused(request: NotificationRequest, _sources: Sources) -> Notification:
    return Notification(_facts(ReferenceRefusedFacts, request), upload_event(request))


def _facts(model: type[Facts], request: NotificationRequest) -> Facts:
    """Facts whose fields have the names of `extra`; `name` is the last segment of the key."""
    name = request.extra["key"].rsplit("/", 1)[-1]
    values = {"production": request.production, "name": name, **request.extra}
    known = {field: value for field, value in values.items() if field in model.model_fields}
    return model.model_validate(known)


def upload_event(request: NotificationRequest) -> str:
    """The same content at the same key is reported once."""
    return f"upload:{request.extra['key']}:{request.extra['etag']}"

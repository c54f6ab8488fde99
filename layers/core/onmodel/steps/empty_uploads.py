"""Watches empty uploads: programs that mount the bucket make one before they write the file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from onmodel.contracts.film_rows import EmptyUploadBody, EmptyUploadStatus
from onmodel.contracts.keys import digest
from onmodel.contracts.uploads import UploadEvent
from onmodel.errors import Conflict, NotFound
from onmodel.notifications.facts.uploads import upload_empty
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import EMPTY_UPLOADS, EmptyUploadRow
from onmodel.steps.upload_mails import UploadMails

PATIENCE = timedelta(minutes=15)
"""A file that is written through a mounted bucket arrives when it is closed, minutes later."""


def watch_empty_upload(
    event: UploadEvent, production: str, *, registry: Registry, clock: Clock
) -> None:
    """Remember an empty object, so that reconcile looks at it again."""
    key = event.detail.object.key
    EMPTY_UPLOADS.put(
        registry,
        production,
        digest(key, 16),
        status=EmptyUploadStatus.WATCHED,
        body=EmptyUploadBody(key=key, correlation_id=event.id),
        now=clock(),
    )


@dataclass(frozen=True)
class EmptyUploads:
    """The services that reporting needs."""

    registry: Registry
    uploads: ObjectStore
    mails: UploadMails
    clock: Clock

    def report(self, listed: EmptyUploadRow) -> bool:
        """Report an object that is still empty, once; answers whether it was."""
        row = EMPTY_UPLOADS.read(self.registry, listed.production, listed.id)
        if row is None or self.clock() - row.updated_at < PATIENCE:
            return False
        etag = self._etag_if_empty(row.body.key)
        if etag is not None:
            body = row.body
            self.mails.send(
                upload_empty, row.production, body.correlation_id, key=body.key, etag=etag
            )
        with suppress(Conflict):  # uploaded again just now, so it is looked at again later
            EMPTY_UPLOADS.delete(self.registry, row)
        return etag is not None

    def _etag_if_empty(self, key: str) -> str | None:
        try:
            info = self.uploads.head(key)
        except NotFound:
            return None
        return info.etag if info.size == 0 else None

"""Mails about uploads that lead to nothing else: unknown, refused, empty, or to be told about."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.notifications import NotificationRequest
from onmodel.notifications.facts.base import FactsFunction
from onmodel.notifications.sending import Mails


@dataclass(frozen=True)
class UploadMails:
    """What sends them, and the name of the uploads bucket."""

    mails: Mails
    bucket: str

    def send(
        self,
        gather: FactsFunction,
        production: str,
        correlation_id: str,
        *,
        key: str,
        etag: str,
        **extra: str,
    ) -> str:
        """Send a mail about an upload, unless it was sent; returns its kind.

        Args:
            gather: the facts of its kind.
            production: that it is about.
            correlation_id: of the upload's event.
            key: of the upload.
            etag: likewise.
            extra: what this kind of facts needs besides.
        """
        request = NotificationRequest(
            kind=gather.__name__,
            production=production,
            id=production,
            correlation_id=correlation_id,
            extra={"bucket": self.bucket, "key": key, "etag": etag, **extra},
        )
        self.mails.send_once(gather(request, self.mails.sources()), correlation_id)
        return request.kind

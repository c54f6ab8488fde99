"""Mails about uploads that lead to nothing else: unknown, refused, empty, or to be told about."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.notifications import NotificationRequest
from onmodel.links.tokens import SignedLinks
from onmodel.notifications.facts.base import FactsFunction, Sources
from onmodel.notifications.sending import send_once
from onmodel.ports.account import Mailbox
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry


@dataclass(frozen=True)
class UploadMails:
    """The services that mails need, and the name of the uploads bucket."""

    registry: Registry
    mailbox: Mailbox
    links: SignedLinks
    clock: Clock
    stack_options: str
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
        send_once(
            gather(request, Sources(self.registry, self.clock())),
            correlation_id=correlation_id,
            registry=self.registry,
            mailbox=self.mailbox,
            clock=self.clock,
            stack_options=self.stack_options,
            links=self.links,
        )
        return request.kind

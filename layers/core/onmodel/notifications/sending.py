"""Sends one mail for each event; a second one only if the function ends just after publishing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from onmodel.contracts.keys import digest
from onmodel.contracts.stack_rows import MailBody, MailStatus
from onmodel.errors import Conflict, OnmodelError, ServiceError
from onmodel.films.folders import production_name
from onmodel.links.tokens import SignedLinks
from onmodel.notifications.facts.base import LINK_DAYS, Notification, Sources
from onmodel.notifications.letter import compose
from onmodel.observability import logger
from onmodel.ports.account import Mailbox
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import MAILS, MailRow

SENDING_TIME = timedelta(minutes=5)
"""The longest timeout of a function that sends mails: after it, an attempt has ended."""


@dataclass(frozen=True)
class Mails:
    """Sends mails.

    Attributes:
        registry: holds a row for each mail that was sent.
        mailbox: the topic.
        clock: now.
        stack_options: of the command `onmodel`, for the commands in a mail.
        links: make the link to the production's home page; None: the mail has no such link.
    """

    registry: Registry
    mailbox: Mailbox
    clock: Clock
    stack_options: str
    links: SignedLinks | None

    def send_once(self, notification: Notification, correlation_id: str) -> bool:
        """Fill the template and publish, unless a mail of the same event was sent.

        The registry's row is written before publishing, and completed after it. While rows cannot
        be written, nothing is published. When the function ends in between, the repeat sends the
        mail again five minutes later, with the same id: no mail is lost.

        Args:
            notification: from a facts function.
            correlation_id: of the upload that the notification results from.

        Returns:
            Whether it was published now.

        Raises:
            Conflict: another attempt sends it at this moment, or ended a moment ago; try again
                later.
        """
        production, event = notification.facts.production, notification.event
        if was_sent(self.registry, production=production, event=event):
            return False
        mail = compose(
            notification.facts,
            correlation_id,
            production_name=production_name(production, self.registry),
            stack_options=self.stack_options,
            home_link=self.links.link_to_home(production, LINK_DAYS) if self.links else None,
        )
        body = MailBody(event=event, subject=mail.subject)
        claimed = self._claim(production, mail_id_of(production, event), body)
        try:
            self.mailbox.publish(mail.subject, mail.body, claimed.id, correlation_id)
        except OnmodelError:
            self._record(claimed.with_status(MailStatus.UNSENT))
            raise
        self._record(claimed.with_status(MailStatus.SENT))
        return True

    def sources(self, studio: ObjectStore | None = None, execution: str | None = None) -> Sources:
        """The sources of a mail's facts, now."""
        return Sources(self.registry, self.clock(), studio, self.links, execution)

    def _claim(self, production: str, mail_id: str, body: MailBody) -> MailRow:
        """Write that the mail is being sent, or take that over from an attempt that has ended.

        Raises:
            Conflict: another attempt sends it at this moment.
        """
        row, now = MAILS.read(self.registry, production, mail_id), self.clock()
        if row is None:
            return MAILS.create(
                self.registry, production, mail_id, status=MailStatus.SENDING, body=body, now=now
            )
        is_free = row.status in {MailStatus.UNSENT, MailStatus.HELD}
        is_over = is_free or now - row.updated_at >= SENDING_TIME
        if row.status == MailStatus.SENT or not is_over:
            raise Conflict(f"mail {mail_id} is {row.status}, by another attempt")
        taken = row.with_status(MailStatus.SENDING).with_body(body)
        return MAILS.replace(self.registry, taken, now)

    def _record(self, row: MailRow) -> None:
        """Complete the row. An error is logged: who tries again sends the mail again."""
        try:
            MAILS.replace(self.registry, row, self.clock())
        except ServiceError as fault:
            logger.warning("mail %s is %s, which was not recorded: %s", row.id, row.status, fault)


def mail_id_of(production: str, event: str) -> str:
    """The same event always has the same mail id."""
    return digest(f"{production}:{event}", 16)


def was_sent(registry: Registry, *, production: str, event: str) -> bool:
    """Whether a mail of this event was sent."""
    row = MAILS.read(registry, production, mail_id_of(production, event))
    return row is not None and row.status == MailStatus.SENT


def was_tried(registry: Registry, *, production: str, event: str) -> bool:
    """Whether a mail of this event was sent, or may have been: its end was not recorded."""
    row = MAILS.read(registry, production, mail_id_of(production, event))
    return row is not None and row.status in {MailStatus.SENDING, MailStatus.SENT}

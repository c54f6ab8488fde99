"""Sends one mail for each event; a second one only if the function ends just after publishing."""

from __future__ import annotations

from onmodel.contracts.keys import digest
from onmodel.contracts.rows import MailBody, MailStatus
from onmodel.errors import Conflict
from onmodel.films.folders import production_name
from onmodel.notifications.facts.base import Notification
from onmodel.notifications.letter import compose
from onmodel.ports.account import Mailbox
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import MAILS


def send_once(
    notification: Notification,
    *,
    correlation_id: str,
    registry: Registry,
    mailbox: Mailbox,
    clock: Clock,
    stack_options: str,
) -> bool:
    """Fill the template and publish, unless a mail of the same event was sent.

    The registry's row is written after publishing: when the function ends in between, the repeat
    sends a second mail with the same id, and no mail is lost.

    Args:
        notification: from a facts function.
        correlation_id: of the upload that the notification results from.
        registry: holds a row for each mail that was sent.
        mailbox: the topic.
        clock: now.
        stack_options: of the command `onmodel`, for the commands in the mail.

    Returns:
        Whether it was published now.
    """
    production, event = notification.facts.production, notification.event
    if was_sent(registry, production=production, event=event):
        return False
    mail = compose(
        notification.facts,
        correlation_id,
        production_name=production_name(production, registry),
        stack_options=stack_options,
    )
    mail_id = mail_id_of(production, event)
    mailbox.publish(mail.subject, mail.body, mail_id, correlation_id)
    now = clock()
    body = MailBody(event=event, subject=mail.subject)
    try:
        MAILS.create(registry, production, mail_id, status=MailStatus.SENT, body=body, now=now)
    except Conflict:
        return False  # a parallel attempt sent it under the same id
    return True


def mail_id_of(production: str, event: str) -> str:
    """The same event always has the same mail id."""
    return digest(f"{production}:{event}", 16)


def was_sent(registry: Registry, *, production: str, event: str) -> bool:
    """Whether a mail of this event was sent."""
    return MAILS.read(registry, production, mail_id_of(production, event)) is not None

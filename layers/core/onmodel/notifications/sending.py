"""Sends one mail for one event that matters: never lost, doubled only by a death in between."""

from __future__ import annotations

from onmodel.contracts.keys import digest
from onmodel.contracts.rows import MailBody, MailStatus
from onmodel.errors import Conflict
from onmodel.notifications.mails import Mail
from onmodel.ports.account import Mailbox
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import MAILS


def send_once(
    mail: Mail,
    *,
    production: str,
    event: str,
    correlation_id: str,
    registry: Registry,
    mailbox: Mailbox,
    clock: Clock,
) -> bool:
    """Publish unless the same event was told before; returns whether it was published now.

    Args:
        mail: what to say.
        production: whose mail it is.
        event: what makes the mail one of its kind, for example "film_prepared:<run_id>".
        correlation_id: from the upload.
        registry: remembers what was told, after publishing: a death in between doubles the mail
            under the same id instead of losing it.
        mailbox: the topic.
        clock: now.
    """
    mail_id = mail_id_of(production, event)
    if was_told(registry, production=production, event=event):
        return False
    mailbox.publish(mail.subject, mail.body, mail_id, correlation_id)
    now = clock()
    body = MailBody(event=event, subject=mail.subject)
    try:
        MAILS.create(registry, production, mail_id, status=MailStatus.SENT, body=body, now=now)
    except Conflict:
        return False  # told by a parallel attempt under the same id: both know it now
    return True


def mail_id_of(production: str, event: str) -> str:
    """The same event always makes the same mail."""
    return digest(f"{production}:{event}", 16)


def was_told(registry: Registry, *, production: str, event: str) -> bool:
    """Whether a mail of this event went out."""
    return MAILS.read(registry, production, mail_id_of(production, event)) is not None

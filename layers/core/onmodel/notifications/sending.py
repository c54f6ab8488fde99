"""Sends one mail for each event; a second one only if the function ends just after publishing."""

from __future__ import annotations

from datetime import timedelta

from onmodel.contracts.keys import digest
from onmodel.contracts.stack_rows import MailBody, MailStatus
from onmodel.errors import Conflict, OnmodelError, ServiceError
from onmodel.films.folders import production_name
from onmodel.links.tokens import SignedLinks
from onmodel.notifications.facts.base import LINK_DAYS, Notification
from onmodel.notifications.letter import compose
from onmodel.observability import logger
from onmodel.ports.account import Mailbox
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import MAILS
from onmodel.registry.rows import Row

SENDING_TIME = timedelta(minutes=5)
"""The longest timeout of a function that sends mails: after it, an attempt has ended."""


def send_once(
    notification: Notification,
    *,
    correlation_id: str,
    registry: Registry,
    mailbox: Mailbox,
    clock: Clock,
    stack_options: str,
    links: SignedLinks | None,
) -> bool:
    """Fill the template and publish, unless a mail of the same event was sent.

    The registry's row is written before publishing, and completed after it. While rows cannot be
    written, nothing is published. When the function ends in between, the repeat sends the mail
    again five minutes later, with the same id: no mail is lost.

    Args:
        notification: from a facts function.
        correlation_id: of the upload that the notification results from.
        registry: holds a row for each mail that was sent.
        mailbox: the topic.
        clock: now.
        stack_options: of the command `onmodel`, for the commands in the mail.
        links: make the link to the production's home page; None for a mail about the whole stack.

    Returns:
        Whether it was published now.

    Raises:
        Conflict: another attempt sends it at this moment, or ended a moment ago; try again later.
    """
    production, event = notification.facts.production, notification.event
    if was_sent(registry, production=production, event=event):
        return False
    mail = compose(
        notification.facts,
        correlation_id,
        production_name=production_name(production, registry),
        stack_options=stack_options,
        home_link=links.link_to_home(production, LINK_DAYS) if links else None,
    )
    body = MailBody(event=event, subject=mail.subject)
    claimed = _claim(production, mail_id_of(production, event), body, registry, clock)
    try:
        mailbox.publish(mail.subject, mail.body, claimed.id, correlation_id)
    except OnmodelError:
        _record(claimed.with_status(MailStatus.UNSENT), registry, clock)
        raise
    _record(claimed.with_status(MailStatus.SENT), registry, clock)
    return True


def _claim(
    production: str, mail_id: str, body: MailBody, registry: Registry, clock: Clock
) -> Row[MailBody, MailStatus]:
    """Write that the mail is being sent, or take that over from an attempt that has ended.

    Raises:
        Conflict: another attempt sends it at this moment.
    """
    row, now = MAILS.read(registry, production, mail_id), clock()
    if row is None:
        return MAILS.create(
            registry, production, mail_id, status=MailStatus.SENDING, body=body, now=now
        )
    is_free = row.status in {MailStatus.UNSENT, MailStatus.HELD}
    is_over = is_free or now - row.updated_at >= SENDING_TIME
    if row.status == MailStatus.SENT or not is_over:
        raise Conflict(f"mail {mail_id} is {row.status}, by another attempt")
    return MAILS.replace(registry, row.with_status(MailStatus.SENDING).with_body(body), now)


def _record(row: Row[MailBody, MailStatus], registry: Registry, clock: Clock) -> None:
    """Complete the row. An error is logged: the mail is sent again if its sender tries again."""
    try:
        MAILS.replace(registry, row, clock())
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

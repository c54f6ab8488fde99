"""Which mails about prepared films are held back, so that one digest tells them together.

The first film's mail is sent at once. Films of the same production that are prepared within
DIGEST_INTERVAL after a mail about prepared films are held; reconcile sends what is held.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from onmodel.contracts.stack_rows import MailBody, MailStatus
from onmodel.notifications.sending import mail_id_of
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import MAILS, MailRow

DIGEST_INTERVAL = timedelta(minutes=15)

PREPARED, DIGEST = "film_prepared", "films_prepared"


def prepared_event(run_id: str) -> str:
    """The event of a mail about one film."""
    return f"{PREPARED}:{run_id}"


def hold(event: str, *, production: str, registry: Registry, clock: Clock) -> bool:
    """Hold the mail of this event when the production had one about a film a short while ago.

    Returns:
        Whether it is held; a mail that is being sent, or was, is not.

    Raises:
        Conflict: another attempt wrote its row at this moment; try again.
    """
    if event.split(":", maxsplit=1)[0] != PREPARED:
        return False
    mail_id, now = mail_id_of(production, event), clock()
    row = MAILS.read(registry, production, mail_id)
    if row is not None:
        return row.status == MailStatus.HELD
    if not any(_is_recent(row, now) for row in MAILS.list(registry, production)):
        return False
    MAILS.create(
        registry,
        production,
        mail_id,
        status=MailStatus.HELD,
        body=MailBody(event=event, subject=""),
        now=now,
    )
    return True


def _is_recent(row: MailRow, now: datetime) -> bool:
    """Whether it is about prepared films, and was published within DIGEST_INTERVAL."""
    is_about = row.body.event.split(":")[0] in {PREPARED, DIGEST}
    is_out = row.status in {MailStatus.SENDING, MailStatus.SENT}
    return is_about and is_out and now - row.updated_at < DIGEST_INTERVAL

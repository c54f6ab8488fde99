"""Send one mail for one event that matters: never lost, doubled only by a death in between."""

from __future__ import annotations

from onmodel.contracts.film import FilmSummary
from onmodel.contracts.requests import TellRequest
from onmodel.errors import Conflict, EventRefused
from onmodel.keys import FilmKeys, digest
from onmodel.mails import Mail, film_prepared, film_refused
from onmodel.ports import Clock, Mailbox, ObjectStore, Record, Registry
from onmodel.records import Kind, RunBody


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
    record = Record(
        production=production,
        kind=Kind.MAIL,
        id=mail_id,
        status="sent",
        created_at=now,
        updated_at=now,
        body={"event": event, "subject": mail.subject},
    )
    try:
        registry.create(record)
    except Conflict:
        return False  # told by a parallel attempt under the same id: both know it now
    return True


def mail_id_of(production: str, event: str) -> str:
    """The same event always makes the same mail."""
    return digest(f"{production}:{event}", 16)


def was_told(registry: Registry, *, production: str, event: str) -> bool:
    """Whether a mail of this event went out."""
    return registry.get(production, Kind.MAIL, mail_id_of(production, event)) is not None


def tell(
    request: TellRequest, *, registry: Registry, studio: ObjectStore, mailbox: Mailbox, clock: Clock
) -> None:
    """Write and send the mail that a state machine asks for.

    Raises:
        EventRefused: the run is unknown, or the kind is none.
    """
    asked = request.mail
    record = registry.get(asked.production, Kind.RUN, asked.id)
    if record is None:
        raise EventRefused(f"No run {asked.id} in production {asked.production}")
    body = RunBody.model_validate(record.body)
    run = body.run
    keys = FilmKeys.of(run)
    match asked.kind:
        case "film_prepared":
            summary = FilmSummary.model_validate_json(studio.get(keys.summary))
            place = f"s3://{studio.bucket}"
            mail = film_prepared(
                summary=summary,
                report=f"{place}/{keys.report}",
                pictures=f"{place}/{keys.pictures}/",
                records=f"{place}/{keys.run}/",
                correlation_id=asked.correlation_id,
            )
            event = f"film_prepared:{run.run_id}"
        case "film_refused":
            mail = film_refused(
                production=run.production,
                title=run.title,
                reason=body.reason or "an unknown fault",
                advice=body.advice or "",
                correlation_id=asked.correlation_id,
            )
            event = f"film_refused:{run.run_id}:{run.attempt}"
        case _:
            raise EventRefused(f"No mail of kind {asked.kind!r} is known")
    send_once(
        mail,
        production=run.production,
        event=event,
        correlation_id=asked.correlation_id,
        registry=registry,
        mailbox=mailbox,
        clock=clock,
    )

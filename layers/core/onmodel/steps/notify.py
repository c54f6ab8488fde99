"""Send the notification that a state machine requests, once."""

from __future__ import annotations

from onmodel.contracts.notifications import NotifyRequest
from onmodel.errors import EventRefused
from onmodel.notifications.catalogue import CATALOGUE
from onmodel.notifications.digests import hold
from onmodel.notifications.facts.base import caught
from onmodel.notifications.outcomes import record_outcome
from onmodel.notifications.sending import Mails
from onmodel.ports.storage import ObjectStore


def notify(request: NotifyRequest, *, mails: Mails, studio: ObjectStore) -> None:
    """Gather the facts, compose the mail and publish it; then record it as an outcome.

    The mail about a film that was prepared shortly after another is held for a digest.

    Raises:
        EventRefused: the kind, or what it is about, is unknown.
    """
    asked, registry, clock = request.notification, mails.registry, mails.clock
    gather = CATALOGUE.get(asked.kind)
    if gather is None:
        raise EventRefused(f"No notification of kind {asked.kind!r} is known")
    told = gather(asked, mails.sources(studio, request.execution_arn))
    if not hold(told.event, production=asked.production, registry=registry, clock=clock):
        mails.send_once(told, asked.correlation_id)
    if request.execution_arn is not None:
        record_outcome(
            request.execution_arn,
            production=asked.production,
            kind=asked.kind,
            registry=registry,
            clock=clock,
            reason=caught(asked) if "error" in asked.extra else "",
        )

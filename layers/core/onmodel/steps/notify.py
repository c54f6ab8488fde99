"""Send the notification that a state machine requests, once."""

from __future__ import annotations

from onmodel.contracts.notifications import NotifyRequest
from onmodel.errors import EventRefused
from onmodel.links.tokens import SignedLinks
from onmodel.notifications.catalogue import CATALOGUE
from onmodel.notifications.digests import hold
from onmodel.notifications.facts.base import Sources, caught
from onmodel.notifications.outcomes import record_outcome
from onmodel.notifications.sending import send_once
from onmodel.ports.account import Mailbox
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore


def notify(
    request: NotifyRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    mailbox: Mailbox,
    clock: Clock,
    links: SignedLinks | None = None,
    stack_options: str,
) -> None:
    """Gather the facts, compose the mail and publish it; then record it as an outcome.

    The mail about a film that was prepared shortly after another is held for a digest.

    Raises:
        EventRefused: the kind, or what it is about, is unknown.
    """
    asked = request.notification
    gather = CATALOGUE.get(asked.kind)
    if gather is None:
        raise EventRefused(f"No notification of kind {asked.kind!r} is known")
    told = gather(asked, Sources(registry, clock(), studio, links, request.execution_arn))
    if not hold(told.event, production=asked.production, registry=registry, clock=clock):
        send_once(
            told,
            correlation_id=asked.correlation_id,
            registry=registry,
            mailbox=mailbox,
            clock=clock,
            stack_options=stack_options,
            links=links,
        )
    if request.execution_arn is not None:
        record_outcome(
            request.execution_arn,
            production=asked.production,
            kind=asked.kind,
            registry=registry,
            clock=clock,
            reason=caught(asked) if "error" in asked.extra else "",
        )

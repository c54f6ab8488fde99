"""Send one mail for one event that matters: never lost, doubled only by a death in between."""

from __future__ import annotations

from onmodel.contracts.notifications import NotifyRequest
from onmodel.errors import EventRefused
from onmodel.links.tokens import Door
from onmodel.notifications.facts import deployments, films, storyboards, trainings
from onmodel.notifications.facts.base import Facts, Tellers
from onmodel.notifications.sending import send_once
from onmodel.ports.account import Mailbox
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore

TELLERS: Tellers = {
    **films.TELLERS,
    **trainings.TELLERS,
    **deployments.TELLERS,
    **storyboards.TELLERS,
}
"""By kind of mail."""


def notify(
    request: NotifyRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    mailbox: Mailbox,
    clock: Clock,
    door: Door | None = None,
    stack: str = "onmodel",
) -> None:
    """Write and send the mail that a state machine asks for.

    Raises:
        EventRefused: what it is about is unknown, or the kind is none.
    """
    asked = request.notification
    teller = TELLERS.get(asked.kind)
    if teller is None:
        raise EventRefused(f"No mail of kind {asked.kind!r} is known")
    told = teller(asked, Facts(registry, studio, door, stack))
    send_once(
        told.mail,
        production=asked.production,
        event=told.event,
        correlation_id=asked.correlation_id,
        registry=registry,
        mailbox=mailbox,
        clock=clock,
    )

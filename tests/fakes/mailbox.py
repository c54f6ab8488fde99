"""A Mailbox that keeps its mails in a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from onmodel.adapters.sns import check_subject
from onmodel.links.tokens import SignedLinks
from onmodel.notifications.sending import Mails
from onmodel.ports.account import Mailbox
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry

STACK_OPTIONS = "--stack films --region eu-central-1"
"""How the commands in mails name the stack of the tests."""


@dataclass(frozen=True)
class Mail:
    subject: str
    body: str
    mail_id: str
    correlation_id: str


class InMemoryMailbox:
    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def publish(self, subject: str, body: str, mail_id: str, correlation_id: str) -> None:
        check_subject(subject)
        self.mails.append(Mail(subject, body, mail_id, correlation_id))


class AnyMailing(Protocol):
    """What a production in memory has for its mails."""

    registry: Registry
    mailbox: InMemoryMailbox
    links: SignedLinks
    clock: Clock


def mails_of(world: AnyMailing, mailbox: Mailbox | None = None) -> Mails:
    """What sends them, to another mailbox if one is given."""
    return Mails(world.registry, mailbox or world.mailbox, world.clock, STACK_OPTIONS, world.links)

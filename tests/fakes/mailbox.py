"""A Mailbox that keeps its mails in a list."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.adapters.sns import check_subject

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

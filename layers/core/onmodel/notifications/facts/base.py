"""What every mail is made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import Kind
from onmodel.errors import EventRefused
from onmodel.links.tokens import Door
from onmodel.notifications.mails import Mail
from onmodel.ports.registry import Record, Registry
from onmodel.ports.storage import ObjectStore

LINK_DAYS = 30
"""A mail is read again after the holidays; the report lies in the bucket for longer."""


@dataclass(frozen=True)
class Told:
    """A mail, and the event that makes it one of its kind: told once."""

    mail: Mail
    event: str


@dataclass(frozen=True)
class Facts:
    """Where facts are read. Without a door, places are told as s3:// addresses."""

    registry: Registry
    studio: ObjectStore
    door: Door | None
    stack: str = "onmodel"

    def row(self, kind: Kind, asked: NotificationRequest) -> Record:
        """Raises EventRefused when there is none."""
        record = self.registry.get(asked.production, kind, asked.id)
        if record is None:
            raise EventRefused(f"No {kind} {asked.id} in production {asked.production}")
        return record

    def place(self, key: str) -> str:
        """The address of an object or prefix of the studio bucket, for people with an account."""
        return f"s3://{self.studio.bucket}/{key}"

    def link(self, key: str) -> str:
        """A link to an object that anybody with the mail can follow."""
        return self.door.link_to_object(key, LINK_DAYS) if self.door else self.place(key)


Teller = Callable[[NotificationRequest, Facts], Told]


Tellers = Mapping[str, Teller]

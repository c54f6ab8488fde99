"""What every mail is made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onmodel.contracts.notifications import NotificationRequest
from onmodel.links.tokens import Door
from onmodel.notifications.mails import Mail
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.rows import BodyT, Row, Rows, StatusT

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

    def row(self, rows: Rows[BodyT, StatusT], asked: NotificationRequest) -> Row[BodyT, StatusT]:
        """The row that a mail is about. Raises EventRefused when there is none."""
        return rows.require(self.registry, asked.production, asked.id)

    def place(self, key: str) -> str:
        """The address of an object or prefix of the studio bucket, for people with an account."""
        return f"s3://{self.studio.bucket}/{key}"

    def link(self, key: str) -> str:
        """A link to an object that anybody with the mail can follow."""
        return self.door.link_to_object(key, LINK_DAYS) if self.door else self.place(key)


Teller = Callable[[NotificationRequest, Facts], Told]


Tellers = Mapping[str, Teller]

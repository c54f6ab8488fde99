"""The arguments and the result of every facts function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from onmodel.contracts.base import Contract, Slug
from onmodel.contracts.notifications import NotificationRequest
from onmodel.errors import EventRefused, plain_reason
from onmodel.links.tokens import SignedLinks
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore

LINK_DAYS = 30
"""Days that a link is valid: a mail may be read after a long holiday."""

UNKNOWN_FAULT = "an unknown fault"


class Facts(Contract):
    """The values that one template needs: data only, no wording of whole sentences."""

    kind: ClassVar[str]
    """Names the template: templates/<kind>.txt.j2."""

    production: Slug


@dataclass(frozen=True)
class Notification:
    """A notification to be sent.

    Attributes:
        facts: choose the template and fill it.
        event: at most one mail is sent for it, for example "film_prepared:<run_id>".
    """

    facts: Facts
    event: str


@dataclass(frozen=True)
class Sources:
    """The sources of facts.

    Attributes:
        registry: holds the rows that notifications are about.
        now: when the facts are gathered; texts and events that depend on the time use this value.
        studio: holds reports and pictures; None for a sender without the right to read the bucket.
        links: makes signed links; without it a mail gives s3:// addresses.
        execution_arn: the execution whose outcome it is; None when it is about no execution.
    """

    registry: Registry
    now: datetime
    studio: ObjectStore | None = None
    links: SignedLinks | None = None
    execution_arn: str | None = None

    def read(self, key: str) -> bytes:
        """An object of the studio bucket. Raises EventRefused without the bucket."""
        return self._bucket().get(key)

    def place(self, key: str) -> str:
        """The s3:// address of an object or prefix of the studio bucket."""
        return f"s3://{self._bucket().bucket}/{key}"

    def link(self, key: str, days: float = LINK_DAYS) -> str:
        """A link to an object for people without an AWS account."""
        return self.links.link_to_object(key, days) if self.links else self.place(key)

    def approval_link(self, production: str, approval_id: str, days: float) -> str:
        """A link to the page of an approval. Raises EventRefused without `links`."""
        if self.links is None:
            raise EventRefused("This sender cannot make a link to an approval")
        return self.links.link_to_approval(production, approval_id, days)

    def review_link(self, production: str, approval_id: str, days: float) -> str:
        """A link to the page of a review. Raises EventRefused without `links`."""
        if self.links is None:
            raise EventRefused("This sender cannot make a link to a review")
        return self.links.link_to_review(production, approval_id, days)

    def _bucket(self) -> ObjectStore:
        if self.studio is None:
            raise EventRefused("This sender cannot read the studio bucket")
        return self.studio


FactsFunction = Callable[[NotificationRequest, Sources], Notification]


def caught(request: NotificationRequest) -> str:
    """What the error that a state machine caught means, from `extra`."""
    if "error" not in request.extra:
        return UNKNOWN_FAULT
    return plain_reason(request.extra["error"], request.extra.get("cause", ""))

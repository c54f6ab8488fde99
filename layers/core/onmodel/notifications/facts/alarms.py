"""Facts about what needs a person and has no kind of its own."""

from __future__ import annotations

from typing import ClassVar

from onmodel.contracts.notifications import NotificationRequest
from onmodel.notifications.facts.base import Facts, Notification, Sources, caught


class AlarmFacts(Facts):
    """What happened, and what a person can do."""

    kind: ClassVar[str] = "alarm"

    what: str
    details: tuple[str, ...]
    advice: str
    of_stack: bool = False
    """Whether it is about the whole stack, and `production` only keeps the mail's row."""


def alarm(request: NotificationRequest, _sources: Sources) -> Notification:
    """`extra` has `what`, `advice`, the error, and `of_stack` where it is about the whole stack."""
    what = request.extra.get("what", "something failed")
    facts = AlarmFacts(
        production=request.production,
        what=what,
        details=(request.id, caught(request)),
        advice=request.extra.get("advice", "Search the logs for the id below"),
        of_stack="of_stack" in request.extra,
    )
    return Notification(facts, f"alarm:{what}:{request.id}:{request.correlation_id}")

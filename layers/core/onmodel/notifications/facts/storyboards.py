"""Mails about storyboards."""

from __future__ import annotations

from onmodel.contracts.keys import StoryboardKeys
from onmodel.contracts.notifications import NotificationRequest
from onmodel.notifications.facts.base import Facts, Tellers, Told
from onmodel.notifications.facts.trainings import caught
from onmodel.notifications.mails import storyboard_drawn, storyboard_refused
from onmodel.registry.kinds import STORYBOARDS


def tell_drawn(asked: NotificationRequest, facts: Facts) -> Told:
    body = facts.row(STORYBOARDS, asked).body
    drawn = body.drawn or 0
    mail = storyboard_drawn(
        production=asked.production,
        storyboard=body.title or body.name,
        panels=drawn,
        missing=body.panels - drawn,
        gallery=facts.link(StoryboardKeys(asked.production, body.name, body.take).gallery),
        usd=body.estimated_usd,
        correlation_id=asked.correlation_id,
    )
    return Told(mail, f"storyboard_drawn:{asked.id}")


def tell_refused(asked: NotificationRequest, _facts: Facts) -> Told:
    """It could not be planned or drawn: the machine hands on the error that it caught."""
    mail = storyboard_refused(
        production=asked.production,
        key=asked.extra.get("storyboard_key") or asked.id,
        reason=caught(asked),
        advice="Correct it and upload it again",
        correlation_id=asked.correlation_id,
    )
    return Told(mail, f"storyboard_refused:{asked.id}:{asked.correlation_id}")


TELLERS: Tellers = {"storyboard_drawn": tell_drawn, "storyboard_refused": tell_refused}

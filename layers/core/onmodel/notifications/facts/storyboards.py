"""Facts about storyboards: drawn, refused."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from onmodel.contracts.keys import StoryboardKeys
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import StoryboardBody
from onmodel.notifications.facts.base import Facts, Notification, Sources, caught
from onmodel.notifications.facts.uploads import upload_event
from onmodel.registry.kinds import STORYBOARDS


class StoryboardDrawnFacts(Facts):
    kind: ClassVar[str] = "storyboard_drawn"

    storyboard: str
    panels: int = Field(description="drawn ones")
    missing: int = Field(description="refused or failed ones; the gallery says why")
    gallery: str
    usd: float | None = Field(description="of drawing, without the deployment")
    advice: tuple[str, ...] = Field(description="what the numbers say, in sentences")

    @classmethod
    def of(cls, production: str, body: StoryboardBody, sources: Sources) -> StoryboardDrawnFacts:
        drawn = body.drawn or 0
        return cls(
            production=production,
            storyboard=body.title or body.name,
            panels=drawn,
            missing=body.panels - drawn,
            gallery=sources.link(StoryboardKeys(production, body.name, body.take).gallery),
            usd=body.estimated_usd,
            advice=body.advice,
        )


class StoryboardRefusedFacts(Facts):
    kind: ClassVar[str] = "storyboard_refused"

    key: str = Field(description="of the uploaded file; without a file, what was to be drawn")
    reason: str = Field(description="errors, separated by '; '")
    advice: str


def storyboard_drawn(request: NotificationRequest, sources: Sources) -> Notification:
    body = STORYBOARDS.require(sources.registry, request.production, request.id).body
    facts = StoryboardDrawnFacts.of(request.production, body, sources)
    return Notification(facts, f"storyboard_drawn:{request.id}")


def storyboard_refused(request: NotificationRequest, _sources: Sources) -> Notification:
    """Refused by route_upload (`extra` has key, etag, reason, advice), or by DrawStoryboard."""
    extra = request.extra
    if "reason" in extra:
        facts = StoryboardRefusedFacts(
            production=request.production,
            key=extra["key"],
            reason=extra["reason"],
            advice=extra["advice"],
        )
        return Notification(facts, upload_event(request))
    facts = StoryboardRefusedFacts(
        production=request.production,
        key=extra.get("storyboard_key") or request.id,
        reason=caught(request),
        advice="Correct it and upload it again",
    )
    return Notification(facts, f"storyboard_refused:{request.id}:{request.correlation_id}")

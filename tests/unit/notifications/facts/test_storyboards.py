from __future__ import annotations

import json

from fakes.clock import START
from fakes.registry import InMemoryRegistry

from onmodel.contracts.notifications import NotificationRequest
from onmodel.notifications.facts.base import Sources
from onmodel.notifications.facts.storyboards import StoryboardRefusedFacts, storyboard_refused

KEY = "bunny/storyboards/forest.yaml"
CAUGHT = {
    "error": "SettingsRefused",
    "cause": json.dumps({"errorMessage": "scene 3: nobody is called Bob"}),
}


def refused(**extra: str) -> tuple[StoryboardRefusedFacts, str]:
    request = NotificationRequest(
        kind="storyboard_refused", production="bunny", id="bunny", correlation_id="c-1", extra=extra
    )
    notification = storyboard_refused(request, Sources(InMemoryRegistry(), START))
    assert isinstance(notification.facts, StoryboardRefusedFacts)
    return notification.facts, notification.event


def test_refused_when_the_machine_caught_it_then_its_message_once_an_execution() -> None:
    facts, event = refused(storyboard_key=KEY, **CAUGHT)
    assert (facts.key, facts.reason) == (KEY, "scene 3: nobody is called Bob")
    assert facts.advice == "Correct it and upload it again"
    assert event == "storyboard_refused:bunny:c-1"


def test_refused_when_it_is_no_file_then_named_by_what_was_to_be_drawn() -> None:
    assert refused(**CAUGHT)[0].key == "bunny"


def test_refused_when_the_upload_was_then_its_own_reason_once_a_content() -> None:
    facts, event = refused(bucket="u", key=KEY, etag="e-1", reason="no scenes", advice="Add one")
    assert (facts.key, facts.reason, facts.advice) == (KEY, "no scenes", "Add one")
    assert event == f"upload:{KEY}:e-1"

from __future__ import annotations

import pytest
from fakes.clock import START
from fakes.registry import InMemoryRegistry

from onmodel.contracts.notifications import NotificationRequest
from onmodel.notifications.facts.base import FactsFunction, Sources
from onmodel.notifications.facts.uploads import (
    reference_refused,
    settings_refused,
    upload_empty,
    upload_unknown,
)

EXTRA = {"bucket": "u", "key": "bunny/a.png", "etag": "e-1", "reason": "blurred", "advice": "Focus"}


@pytest.mark.parametrize(
    ("gather", "facts"),
    [
        (upload_unknown, {"bucket": "u", "key": "bunny/a.png", "what": "", "advice": "Focus"}),
        (upload_empty, {"bucket": "u", "key": "bunny/a.png", "name": "a.png"}),
        (settings_refused, {"key": "bunny/a.png", "reason": "blurred", "advice": "Focus"}),
        (reference_refused, {"key": "bunny/a.png", "reason": "blurred", "advice": "Focus"}),
    ],
)
def test_facts_when_gathered_then_of_the_upload_and_once_a_content(
    gather: FactsFunction, facts: dict[str, str]
) -> None:
    request = NotificationRequest(
        kind=gather.__name__, production="bunny", id="bunny", correlation_id="c-1", extra=EXTRA
    )
    notification = gather(request, Sources(InMemoryRegistry(), START))
    assert notification.facts.kind == gather.__name__
    assert dict(notification.facts) == {"production": "bunny", **facts}
    assert notification.event == "upload:bunny/a.png:e-1"

import json

import pytest
from fakes.clock import START
from fakes.object_store import InMemoryObjectStore
from fakes.registry import InMemoryRegistry
from fakes.training_in_memory import TrainingInMemory

from onmodel.contracts.notifications import NotificationRequest
from onmodel.errors import EventRefused
from onmodel.notifications.facts.base import Sources, caught


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


@pytest.mark.parametrize(
    "kind", ["dataset_ready", "dataset_refused", "approval_ended", "training_started"]
)
def test_mail_when_about_nothing_known_then_refused(world: TrainingInMemory, kind: str) -> None:
    with pytest.raises(EventRefused, match="d0009-00000000"):
        world.notify(kind, "d0009-00000000")
    assert not world.mailbox.mails


def request(**extra: str) -> NotificationRequest:
    return NotificationRequest(
        kind="alarm", production="bunny", id="bunny", correlation_id="c-1", extra=extra
    )


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({}, "an unknown fault"),
        ({"error": "States.Timeout"}, "a step took longer than it may"),
        (
            {"error": "X", "cause": json.dumps({"errorMessage": "too slow"})},
            "an unexpected fault",
        ),
        ({"error": "Throttled", "cause": json.dumps({"errorMessage": "slow down"})}, "slow down"),
    ],
)
def test_caught_when_the_machine_caught_an_error_then_what_it_means(
    extra: dict[str, str], message: str
) -> None:
    assert caught(request(**extra)) == message


def test_sources_when_they_have_no_door_then_a_link_is_an_s3_address() -> None:
    sources = Sources(InMemoryRegistry(), START, InMemoryObjectStore("studio"))
    assert sources.link("a/b.html") == sources.place("a/b.html") == "s3://studio/a/b.html"


def test_sources_when_they_lack_what_is_asked_for_then_refused() -> None:
    sources = Sources(InMemoryRegistry(), START)
    with pytest.raises(EventRefused, match="studio bucket"):
        sources.read("a/b.html")
    with pytest.raises(EventRefused, match="studio bucket"):
        sources.place("a/b.html")
    with pytest.raises(EventRefused, match="link to an approval"):
        sources.approval_link("bunny", "a-1", 7)

"""What every EventBus keeps: the fake and EventBridge."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import Stubber
from fakes.event_bus import InMemoryEventBus

from onmodel.adapters.eventbridge import EventBridgeBus
from onmodel.errors import ServiceError, ServiceUnavailable, Throttled
from onmodel.ports.account import EventBus

Bus = tuple[EventBus, Callable[[], list[tuple[str, Any]]]]


@pytest.fixture(params=["fake", "eventbridge"])
def bus(request: pytest.FixtureRequest) -> Bus:
    """The bus, and how to read what passed."""
    if request.param == "fake":
        fake = InMemoryEventBus()
        return fake, lambda: fake.events
    clients = request.getfixturevalue("aws")
    events, sqs = clients("events"), clients("sqs")
    events.create_event_bus(Name="onmodel")
    queue = sqs.create_queue(QueueName="seen")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    events.put_rule(
        Name="all", EventBusName="onmodel", EventPattern=json.dumps({"source": ["onmodel"]})
    )
    target = {"Id": "seen", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule="all", EventBusName="onmodel", Targets=[target])

    def read() -> list[tuple[str, Any]]:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        bodies = [json.loads(message["Body"]) for message in answer.get("Messages", [])]
        return [(body["detail-type"], body["detail"]) for body in bodies]

    return EventBridgeBus(events, "onmodel"), read


def test_put_when_read_then_type_and_detail(bus: Bus) -> None:
    port, read = bus
    port.put("FilmPrepared", {"production": "main", "crops": 12, "title": "Ä"})
    assert read() == [("FilmPrepared", {"production": "main", "crops": 12, "title": "Ä"})]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ThrottlingException", Throttled),
        ("InternalFailure", ServiceUnavailable),
        ("AccessDeniedException", ServiceError),
    ],
)
def test_put_when_entry_is_refused_within_200_then_error(aws, code: str, expected: type) -> None:
    client = aws("events")
    with Stubber(client) as stub:
        entry = {"ErrorCode": code, "ErrorMessage": "no"}
        stub.add_response("put_events", {"FailedEntryCount": 1, "Entries": [entry]})
        with pytest.raises(ServiceError) as caught:
            EventBridgeBus(client, "onmodel").put("FilmPrepared", {})
    assert type(caught.value) is expected

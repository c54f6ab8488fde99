from onmodel.contracts.captions import CaptionItem, CaptionMessage, QueuedMessage, QueuedMessages
from onmodel.errors import ServiceUnavailable
from onmodel.steps.caption_messages import caption_messages


class Crops:
    """Captions everything but what a test names; remembers what it was asked."""

    def __init__(self, *failing: str) -> None:
        self._failing = failing
        self.asked: list[tuple[str, int]] = []

    def caption(self, message: CaptionMessage, receives: int) -> None:
        self.asked.append((message.item.crop_id, receives))
        if message.item.crop_id in self._failing:
            raise ServiceUnavailable("away")


def queued(number: int, receives: str = "1", body: str | None = None) -> QueuedMessage:
    item = CaptionItem(
        crop_id=f"crop-{number}",
        production="bunny",
        dataset_id="d0001-00000000",
        character=None,
        key="k.jpeg",
    )
    message = CaptionMessage(token="t", item=item, correlation_id="c")
    return QueuedMessage(
        message_id=f"m{number}",
        body=message.model_dump_json() if body is None else body,
        attributes={"ApproximateReceiveCount": receives},
    )


def failed(crops: Crops, *messages: QueuedMessage) -> list[str]:
    answer = caption_messages(QueuedMessages(records=messages), crops)
    return [failure.itemIdentifier for failure in answer.batchItemFailures]


def test_messages_when_all_go_well_then_none_comes_again() -> None:
    crops = Crops()
    assert failed(crops, queued(1), queued(2, receives="4")) == []
    assert crops.asked == [("crop-1", 1), ("crop-2", 4)]


def test_messages_when_one_fails_then_only_that_one_comes_again() -> None:
    crops = Crops("crop-2")
    assert failed(crops, queued(1), queued(2), queued(3)) == ["m2"]
    assert len(crops.asked) == 3


def test_messages_when_all_fail_then_each_comes_again_and_the_invocation_succeeds() -> None:
    assert failed(Crops("crop-1", "crop-2"), queued(1), queued(2)) == ["m1", "m2"]


def test_messages_when_one_is_not_ours_then_it_ends_as_a_dead_letter() -> None:
    crops = Crops()
    assert failed(crops, queued(1, body="hello"), queued(2)) == ["m1"]
    assert crops.asked == [("crop-2", 1)]

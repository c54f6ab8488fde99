"""Thousands of captions, of which one in twenty fails: each ends with a caption or with its reason.

Messages are handled by caption_crop as from its queue: what it puts back or does not finish is
delivered again, and each message is delivered twice, since SQS delivers at least once.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence

from fakes.training_in_memory import TrainingInMemory, says_its_name

from onmodel.contracts.captions import (
    CaptionItem,
    CaptionMessage,
    CaptionsCollected,
    QueuedMessage,
    QueuedMessages,
)
from onmodel.contracts.datasets import LeftOut, LeftOutReason
from onmodel.contracts.models import Turn
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.errors import ServiceUnavailable, Throttled
from onmodel.formats.jsonl import read_lines
from onmodel.steps.caption_crop import LAST_RECEIVE, MOST_THROTTLES
from onmodel.steps.caption_messages import caption_messages

CROPS = 10_000 if os.environ.get("ONMODEL_ALL_FAULTS") else 80
EVERY = 20
"""One of so many fails for good: 5 %, as many as are tolerated."""

INVALID = '{"alt_text": "[describe the picture here]"}'

ENDINGS = {
    "refused": (1, "the answer is empty"),
    "invalid": (2, "no usable caption after a repair"),
    "throttled": (0, "nobody answered"),
    "unavailable": (0, "nobody answered"),
}
"""Of those that fail for good, by what the model does: the calls that are paid, and the reason."""

PAUSES = {"throttled once": 1, "unavailable once": 1, "invalid once": 2, "": 1}
"""The calls that are paid for the others."""


ATTEMPTS = {"throttled": MOST_THROTTLES + 1, "unavailable": LAST_RECEIVE}
"""Calls for a message that the model never answers."""


class Model:
    """Answers each picture as its kind says.

    Attributes:
        kinds: a key of ENDINGS or PAUSES, by picture.
        paid: the answers, by picture: a call that is not answered costs nothing.
    """

    def __init__(self, kinds: Mapping[bytes, str]) -> None:
        self.kinds = kinds
        self.calls: Counter[bytes] = Counter()
        self.paid: Counter[bytes] = Counter()

    def answer(self, turns: Sequence[Turn]) -> str:
        picture = turns[0].picture
        assert picture is not None and picture.data is not None
        kind = self.kinds[picture.data]
        self.calls[picture.data] += 1
        does = "" if kind.endswith(" once") and self.calls[picture.data] > 1 else kind
        if does.startswith("throttled"):
            raise Throttled("for now")
        if does.startswith("unavailable"):
            raise ServiceUnavailable("for now")
        self.paid[picture.data] += 1
        if does.startswith("invalid"):
            return INVALID
        return "" if does == "refused" else says_its_name(turns)


def deliver(world: TrainingInMemory, items: Sequence[CaptionItem]) -> int:
    """Handle the queue until it is empty; returns how many messages became dead letters."""
    waiting: deque[tuple[str, int]] = deque()
    for item in items:
        token = f"token of {item.crop_id}"
        world.tokens.waiting.add(token)
        body = CaptionMessage(token=token, item=item, correlation_id="c").model_dump_json()
        waiting += [(body, 1), (body, 1)]
    dead = 0
    while waiting:
        body, receives = waiting.popleft()
        message = QueuedMessage(
            message_id="m", body=body, attributes={"ApproximateReceiveCount": str(receives)}
        )
        answer = caption_messages(QueuedMessages(records=(message,)), world.captioner)
        if answer.batchItemFailures and receives == LAST_RECEIVE:
            dead += 1
        elif answer.batchItemFailures:
            waiting.append((body, receives + 1))
        waiting += [(again, 1) for again, _ in world.queue.sent]
        world.queue.sent.clear()
    return dead


def kinds_of(items: Sequence[CaptionItem], picture: Callable[[str], bytes]) -> dict[bytes, str]:
    """One in EVERY fails for good, and three in EVERY for now."""
    for_good, for_now = list(ENDINGS), list(PAUSES)[:-1]
    kinds = {}
    for place, item in enumerate(items):
        turn, rest = divmod(place, EVERY)
        kind = for_good[turn % len(for_good)] if rest == 0 else ""
        if rest in (5, 10, 15):
            kind = for_now[rest // 5 - 1]
        kinds[picture(item.key)] = kind
    return kinds


def test_captions_when_one_in_twenty_fails_then_each_ends_and_paid_calls_are_counted() -> None:
    world = TrainingInMemory()
    generation = world.generation(CROPS)
    world.set_settings(Settings(training=TrainingSettings(max_per_character=CROPS)))
    dataset = world.assemble(generation)
    items = world.waiting(dataset)
    assert len(items) == CROPS
    for item in items:  # some of thousands of drawn pictures are equal
        unlike = world.studio.get(item.key) + item.crop_id.encode()
        world.studio.put(item.key, unlike, "image/jpeg")
    model = Model(kinds_of(items, world.studio.get))
    world.captions._answer = model.answer

    assert deliver(world, items) == 0
    kind_of = {item.crop_id: model.kinds[world.studio.get(item.key)] for item in items}
    failed = {crop: kind for crop, kind in kind_of.items() if kind in ENDINGS}
    assert len(failed) == CROPS // EVERY
    assert world.tokens.waiting == set()
    assert set(world.tokens.failed) == {f"token of {crop}" for crop in failed}
    assert set(world.tokens.succeeded) == {f"token of {crop}" for crop in kind_of} - set(
        world.tokens.failed
    )

    for picture, kind in model.kinds.items():
        if kind in ENDINGS:  # what cost nothing is asked for by the second message too
            paid = ENDINGS[kind][0]
            calls = 2 * ATTEMPTS.get(kind, 0) or paid
        else:
            paid = PAUSES[kind]
            calls = paid + (kind in ("throttled once", "unavailable once"))
        assert (kind, model.paid[picture], model.calls[picture]) == (kind, paid, calls)

    collected = world.collect_captions(dataset)
    assert collected == CaptionsCollected(captioned=CROPS - len(failed), failed=len(failed))
    lines = read_lines(LeftOut, world.studio.get(world.keys(dataset).left_out))
    dropped = {
        line.crop_id: line.detail for line in lines if line.reason == LeftOutReason.CAPTION_FAILED
    }
    assert set(dropped) == set(failed)
    assert all(ENDINGS[kind][1] in dropped[crop] for crop, kind in failed.items()), dropped

"""Thousands of captions of which some fail: what is dropped says why, and nothing is paid twice."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from fakes.training_in_memory import TrainingInMemory, says_its_name

from onmodel.contracts.captions import CaptionsCollected
from onmodel.contracts.datasets import LeftOut, LeftOutReason
from onmodel.contracts.models import Turn
from onmodel.errors import ServiceUnavailable
from onmodel.formats.jsonl import read_lines

CROPS = 10_000 if os.environ.get("ONMODEL_ALL_FAULTS") else 80
EVERY = 20
"""One of so many fails: 5 %, as many as are tolerated."""


def test_captions_when_one_in_twenty_fails_then_listed_with_its_reason_and_paid_once() -> None:
    """Others fail once and pass when they are delivered again; every message comes twice."""
    world = TrainingInMemory()
    dataset = world.assemble(world.generation(CROPS))
    items = world.waiting(dataset)
    pictures = {item.crop_id: world.studio.get(item.key) for item in items}
    for_good = {item.crop_id for item in items[::EVERY]}
    refused = {pictures[crop] for crop in for_good}
    for_now = {pictures[item.crop_id] for item in items[EVERY // 2 :: EVERY]}
    asked: Counter[bytes] = Counter()

    def answer(turns: Sequence[Turn]) -> str:
        picture = turns[0].picture
        assert picture is not None and picture.data is not None
        if picture.data in for_now:
            for_now.remove(picture.data)
            raise ServiceUnavailable("for now")  # nothing was answered, and nothing is paid
        asked[picture.data] += 1
        return "" if picture.data in refused else says_its_name(turns)

    world.captions._answer = answer
    for item in items:
        try:
            world.caption(item)
        except ServiceUnavailable:
            world.caption(item, receives=2)
    paid = Counter(asked)
    for item in items:
        if item.crop_id not in for_good:  # its task has ended with a failure
            world.caption(item)  # SQS delivers at least once
    assert asked == paid
    assert for_now == set()
    assert {count for picture, count in paid.items() if picture not in refused} == {1}
    assert len(paid) == len(items)

    collected = world.collect_captions(dataset)
    failed = len(items[::EVERY])
    assert collected == CaptionsCollected(captioned=len(items) - failed, failed=failed)
    lines = read_lines(LeftOut, world.studio.get(world.keys(dataset).left_out))
    dropped = [line for line in lines if line.reason == LeftOutReason.CAPTION_FAILED]
    assert {line.crop_id for line in dropped} == for_good
    assert {line.detail for line in dropped} == {dropped[0].detail}
    assert "empty" in dropped[0].detail
    assert len(items) + len(lines) - len(dropped) == CROPS

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from onmodel.contracts.base import Usage
from onmodel.money.usage import UsageMeter, bedrock_item, counts_answers, token_usage


def test_meter_when_threads_count_then_none_is_lost() -> None:
    meter = UsageMeter()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(
                lambda: [(meter.count_paid("a"), meter.count_reused("b", 2)) for _ in range(500)]
            )
    assert meter.usage() == (Usage(item="a", paid=4000), Usage(item="b", reused=8000))


def test_meter_when_nothing_was_asked_then_empty() -> None:
    assert UsageMeter().usage() == ()


def test_bedrock_item_when_model_then_price_book_key() -> None:
    assert bedrock_item("amazon.nova-pro-v1:0") == "bedrock.amazon.nova-pro-v1:0"


def test_meter_when_thousands_of_tokens_are_added_then_no_rounding_errors_remain() -> None:
    meter = UsageMeter()
    for _ in range(3):
        meter.count_paid("bedrock.m.input-1k", 0.1)
    assert meter.usage() == (Usage(item="bedrock.m.input-1k", paid=0.3),)


def test_counts_answers_when_items_are_tokens_then_not() -> None:
    assert [counts_answers(use.item) for use in token_usage("m", 1, 1)] == [False, False]
    assert counts_answers("rekognition.detect-labels")
    assert not counts_answers("rekognition.custom-labels-hour")

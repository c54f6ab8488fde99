from __future__ import annotations

import pytest

from onmodel.money.pricebook import PriceBook
from onmodel.money.titles import title_of


@pytest.mark.parametrize("item", PriceBook.load().prices)
def test_title_when_of_any_item_of_the_price_book_then_no_internal_name(item: str) -> None:
    title = title_of(item, "Captions")
    assert title and not any(sign in title for sign in "._")


def test_title_when_a_default_stack_uses_an_item_then_it_says_what_for() -> None:
    book = PriceBook.load().prices
    assert [item for item in book if title_of(item, "Captions").startswith("Other")] == [
        "rekognition.image-properties",  # not called
        "bedrock.provisioned-unit-hour-1-month",  # not used: no commitment
        "bedrock.provisioned-unit-hour-6-months",
    ]


def test_title_when_a_model_is_asked_in_tokens_then_says_for_what() -> None:
    item = "bedrock.amazon.nova-pro-v1:0.input-1k"
    assert title_of(item, "Captions") == "Captions: questions and pictures"
    assert title_of("bedrock.another.model.output-1k", "Asking for boxes").endswith(": answers")

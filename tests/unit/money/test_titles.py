from __future__ import annotations

import pytest

from onmodel.money.pricebook import PriceBook
from onmodel.money.titles import title_of


@pytest.mark.parametrize("item", PriceBook.load().prices)
def test_title_when_of_any_item_of_the_price_book_then_no_internal_name(item: str) -> None:
    title = title_of(item, "Captions")
    assert title and not any(sign in title for sign in "._")


def test_title_when_a_model_is_asked_in_tokens_then_says_for_what() -> None:
    item = "bedrock.amazon.nova-pro-v1:0.input-1k"
    assert title_of(item, "Captions") == "Captions: questions and pictures"
    assert title_of("bedrock.another.model.output-1k", "Asking for boxes").endswith(": answers")

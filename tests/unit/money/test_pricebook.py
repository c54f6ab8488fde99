from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import Usage
from onmodel.errors import SettingsRefused
from onmodel.money.pricebook import PriceBook, add_up, estimate

BOOK = PriceBook.load()


def test_price_book_when_loaded_then_every_price_has_a_source_and_a_sum() -> None:
    assert BOOK.dated.isoformat() == "2026-09-01"
    assert len(BOOK.prices) > 20
    for item, price in BOOK.prices.items():
        assert price.usd is not None, item
        assert price.usd > 0 or "included in" in price.source, item
        assert len(price.source) > 10, item
        assert price.source != "your price book", item


@pytest.mark.parametrize(
    ("item", "usd"),
    [
        ("rekognition.detect-labels", "0.001"),
        ("bedrock.amazon.titan-embed-image-v1", "0.00006"),
        ("bedrock.amazon.nova-pro-v1:0.input-1k", "0.0008"),
        ("bedrock.us.amazon.nova-pro-v1:0.output-1k", "0.0032"),  # a cross-region profile
        ("bedrock.nova-canvas.training-image", "0.005"),
        ("bedrock.provisioned-unit-hour", "60.50"),
        ("lambda.gb-second-arm64", "0.0000133334"),
    ],
)
def test_price_book_when_asked_then_answers_the_looked_up_price(item: str, usd: str) -> None:
    price = BOOK.price(item)
    assert price is not None
    assert price.usd == Decimal(usd)


def test_price_book_when_the_training_price_is_told_then_it_is_told_as_unsure() -> None:
    bill = estimate([Usage(item="bedrock.nova-canvas.training-image", paid=14_000 * 64)], BOOK)
    assert bill.total_usd == Decimal(4480)
    assert bill.unsure == ("bedrock.nova-canvas.training-image",)
    reused = estimate([Usage(item="bedrock.nova-canvas.training-image", reused=8)], BOOK)
    assert (reused.unsure, reused.saved_usd) == ((), Decimal("0.04"))


def test_price_book_when_overridden_then_only_the_named_prices_change() -> None:
    own = PriceBook.load(
        b"""
dated: 2027-01-05
prices:
  rekognition.detect-labels: 0.0008
  bedrock.nova-canvas.training-image: {usd: "0.004", source: my contract}
  bedrock.provisioned-unit-hour: null
  my.own-item: 3
"""
    )
    assert own.dated.isoformat() == "2027-01-05"
    labels = own.prices["rekognition.detect-labels"]
    assert (labels.usd, labels.unit, labels.source) == (
        Decimal("0.0008"),
        "image",
        "your price book",
    )
    assert own.prices["bedrock.nova-canvas.training-image"].unsure is False
    assert own.prices["bedrock.provisioned-unit-hour"].usd is None
    assert own.prices["my.own-item"].usd == 3
    assert own.price("s3.put-1k") == BOOK.price("s3.put-1k")


@pytest.mark.parametrize(
    "text", [b"prices: {a: -1}", b"prices: {a: cheap}", b"price: {}", b"[", b"- 1", b"\xff\xfe\x00"]
)
def test_price_book_when_the_users_is_impossible_then_refused(text: bytes) -> None:
    with pytest.raises(SettingsRefused, match=r"your pricebook\.yaml"):
        PriceBook.load(text)


def test_estimate_when_something_was_reused_then_told_what_it_saved() -> None:
    bill = estimate(
        [
            Usage(item="rekognition.detect-labels", paid=400, reused=96),
            Usage(item="rekognition.detect-labels", paid=100, reused=4),
            Usage(item="bedrock.amazon.titan-embed-image-v1", reused=1000),
        ],
        BOOK,
    )
    assert bill.total_usd == bill.known_usd == Decimal("0.5")
    assert bill.saved_usd == Decimal("0.1") + Decimal("0.06")
    assert [(line.item, line.paid, line.reused, line.usd) for line in bill.lines] == [
        ("bedrock.amazon.titan-embed-image-v1", 0, 1000, Decimal(0)),
        ("rekognition.detect-labels", 500, 100, Decimal("0.5")),
    ]


def test_estimate_when_a_price_is_missing_then_told_and_no_total() -> None:
    bill = estimate(
        [Usage(item="nobody.knows", paid=1), Usage(item="rekognition.detect-labels", paid=1)], BOOK
    )
    assert bill.total_usd is None
    assert bill.missing == ("nobody.knows",)
    assert bill.known_usd == Decimal("0.001")
    line = bill.lines[0]
    assert (line.unit_usd, line.usd, line.saved_usd) == (None, None, Decimal(0))


def test_estimate_when_the_unpriced_was_only_reused_then_nothing_was_paid() -> None:
    bill = estimate([Usage(item="nobody.knows", reused=5)], BOOK)
    assert bill.total_usd == 0
    assert bill.lines[0].saved_usd is None


usages = st.lists(
    st.builds(
        Usage,
        item=st.sampled_from([*BOOK.prices, "nobody.knows"]),
        paid=st.integers(0, 10**9),
        reused=st.integers(0, 10**9),
    ),
    max_size=12,
)


@given(usages, st.randoms())
def test_estimate_when_shuffled_or_added_up_first_then_the_same_bill(
    usage: list[Usage], shuffler: object
) -> None:
    bill = estimate(usage, BOOK)
    assert estimate(add_up(usage), BOOK) == bill
    shuffled = list(usage)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert estimate(shuffled, BOOK) == bill


@given(usages)
def test_estimate_when_complete_then_the_total_is_exact_to_the_last_digit(
    usage: list[Usage],
) -> None:
    bill = estimate(usage, BOOK)
    if bill.total_usd is not None:
        assert bill.total_usd == sum(
            (
                Decimal(int(use.paid)) * BOOK.prices[use.item].usd
                for use in usage
                if use.item in BOOK.prices
            ),
            Decimal(0),
        )

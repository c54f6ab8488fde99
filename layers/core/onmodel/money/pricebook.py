"""Money: what calls cost by a dated price book, before (quote) and after (estimated bill).

A missing price is named and makes the total unknown; it is never taken as zero.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from pydantic import Field, model_validator

from onmodel.contracts.base import Contract, Usage
from onmodel.contracts.models import foundation_model_of
from onmodel.formats.user_yaml import read_user_yaml

PRICE_BOOK = "pricebook.yaml"

# A cross-region inference profile costs what its model costs.
BEDROCK = "bedrock."


class Price(Contract):
    """What one unit of an item costs. `usd` is None when AWS publishes no price."""

    usd: Decimal | None = Field(ge=0)
    unit: str = "unit"
    source: str = "your price book"
    unsure: bool = False

    @model_validator(mode="before")
    @classmethod
    def _bare_number(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the YAML holds
        """`item: 0.002` is short for `item: {usd: 0.002}`."""
        return value if isinstance(value, Mapping | Price) else {"usd": value}


class PriceBook(Contract):
    """Prices by item, for example `rekognition.detect-labels`, as of a date."""

    dated: date
    prices: dict[str, Price]

    @classmethod
    def load(cls, override: bytes | None = None) -> PriceBook:
        """The price book of this package, where a user's own prices replace its prices.

        Args:
            override: YAML of the same form; it may have only some items, and a price given as a
                number alone keeps the unit it had.

        Raises:
            SettingsRefused: the user's book is invalid.
        """
        book = _shipped()
        return (
            book
            if override is None
            else book._with(read_user_yaml(PriceOverride, override, f"your {PRICE_BOOK}"))
        )

    def _with(self, own: PriceOverride) -> PriceBook:
        prices = dict(self.prices)
        for item, price in own.prices.items():
            known = self.prices.get(item)
            if known is not None and "unit" not in price.model_fields_set:
                prices[item] = price.model_copy(update={"unit": known.unit})
            else:
                prices[item] = price
        return PriceBook(dated=own.dated or self.dated, prices=prices)

    def price(self, item: str) -> Price | None:
        """Price of an item; a model's cross-region profile has its model's price."""
        model = foundation_model_of(item.removeprefix(BEDROCK))
        return self.prices.get(item) or self.prices.get(BEDROCK + model)


class PriceOverride(Contract):
    """A user's own price book."""

    dated: date | None = None
    prices: dict[str, Price] = Field(default_factory=dict)


@cache
def _shipped() -> PriceBook:
    """Reading it takes 60 ms, and the file does not change while a process lives."""
    text = resources.files("onmodel.money").joinpath(PRICE_BOOK).read_bytes()
    return read_user_yaml(PriceBook, text, PRICE_BOOK)


class BillLine(Contract):
    """One item of a bill; money is None when the item has no price.

    `paid` and `reused` count in `unit`; `saved_usd` is what the reused would have cost.
    """

    item: str
    unit: str | None
    paid: Decimal
    reused: Decimal
    unit_usd: Decimal | None
    usd: Decimal | None
    saved_usd: Decimal | None
    unsure: bool = False


class Bill(Contract):
    """An estimate by our counts and the price book, not AWS's bill.

    `total_usd` is None when something paid has no price; `known_usd` sums the rest.
    """

    lines: tuple[BillLine, ...]
    prices_dated: date
    total_usd: Decimal | None
    known_usd: Decimal
    saved_usd: Decimal
    missing: tuple[str, ...] = Field(description="items paid for that have no price")
    unsure: tuple[str, ...] = Field(description="items paid for whose price is unsure")


def add_up(usage: Iterable[Usage]) -> tuple[Usage, ...]:
    """One Usage for each item, in alphabetical order."""
    by_item: defaultdict[str, list[Usage]] = defaultdict(list)
    for use in usage:
        by_item[use.item].append(use)
    return tuple(
        Usage(
            item=item,
            paid=math.fsum(use.paid for use in uses),
            reused=math.fsum(use.reused for use in uses),
        )
        for item, uses in sorted(by_item.items())
    )


def estimate(usage: Iterable[Usage], book: PriceBook) -> Bill:
    """What usage costs by the price book: one line for each item, in alphabetical order."""
    lines = tuple(_line(use, book.price(use.item)) for use in add_up(usage))
    missing = tuple(line.item for line in lines if line.usd is None)
    known = sum((line.usd for line in lines if line.usd is not None), Decimal(0))
    return Bill(
        lines=lines,
        prices_dated=book.dated,
        total_usd=None if missing else known,
        known_usd=known,
        saved_usd=sum((line.saved_usd for line in lines if line.saved_usd is not None), Decimal(0)),
        missing=missing,
        unsure=tuple(line.item for line in lines if line.unsure and line.paid),
    )


def _line(use: Usage, price: Price | None) -> BillLine:
    paid, reused = Decimal(str(use.paid)), Decimal(str(use.reused))
    each = None if price is None else price.usd
    return BillLine(
        item=use.item,
        unit=None if price is None else price.unit,
        paid=paid,
        reused=reused,
        unit_usd=each,
        usd=_times(paid, each),
        saved_usd=_times(reused, each),
        unsure=price is not None and price.unsure,
    )


def _times(count: Decimal, each: Decimal | None) -> Decimal | None:
    """Zero units cost nothing, also without a price."""
    if not count:
        return Decimal(0)
    return None if each is None else count * each

"""The bill as a report shows it: formatted rows and a remark. Sums are the bill's own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from onmodel.formats.wording import count, dollars, listed
from onmodel.money.pricebook import Bill, BillLine
from onmodel.money.titles import title_of
from onmodel.money.usage import counts_answers


@dataclass(frozen=True)
class BillRow:
    title: str
    paid: str
    reused: str
    price: str
    cost: str
    saved: str


@dataclass(frozen=True)
class Money:
    """Tokens are no answers: `remark` counts answers."""

    rows: tuple[BillRow, ...]
    saved_usd: float
    remark: str
    sources: str


def money_of(bill: Bill, asked_for: str) -> Money:
    """Rows in the bill's order. A missing price is written `unknown`.

    Args:
        bill: of what the page shows.
        asked_for: as of title_of.
    """
    answers = [line for line in bill.lines if counts_answers(line.item)]
    paid = float(sum(line.paid for line in answers))
    reused = float(sum(line.reused for line in answers))
    return Money(
        rows=tuple(_row(line, asked_for) for line in bill.lines),
        saved_usd=float(bill.saved_usd),
        remark=f"{count(reused, 'answer')} used again, {dollars(float(bill.saved_usd))} saved"
        if reused
        else f"{count(paid, 'call')}, all for the first time",
        sources=_sources(bill, asked_for),
    )


def _row(line: BillLine, asked_for: str) -> BillRow:
    return BillRow(
        title=title_of(line.item, asked_for),
        paid=_number(line.paid),
        reused=_number(line.reused),
        price=_price(line),
        cost=dollars(None if line.usd is None else float(line.usd)),
        saved=dollars(None if line.saved_usd is None else float(line.saved_usd)),
    )


def _number(counted: Decimal) -> str:
    """Calls are whole; tokens are counted in thousands, a model that runs in hours."""
    if counted == int(counted):
        return f"{counted:,.0f}"
    return f"{counted:,.1f}" if counted >= 1 else f"{counted:,.2f}"


def _price(line: BillLine) -> str:
    """Prices are shown with all digits: $0.00006 must not be shown as 0."""
    if line.unit_usd is None:
        return "unknown"
    return f"${line.unit_usd.normalize():f}{' (unsure)' if line.unsure else ''}"


def _sources(bill: Bill, asked_for: str) -> str:
    dated = f"Prices as of {bill.prices_dated.isoformat()}."
    missing = list(dict.fromkeys(title_of(item, asked_for) for item in bill.missing))
    if missing:
        dated += (
            f" No price is known for {listed(missing)}, so the total is not known; "
            f"the rest comes to {dollars(float(bill.known_usd))}."
        )
    return dated
